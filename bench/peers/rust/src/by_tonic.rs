use std::{collections::HashMap, pin::Pin};

use prost::Message;
use tokio::net::TcpListener;
use tokio_stream::{Stream, iter};
use tonic::{
    Request, Response, Status,
    transport::{Server, server::TcpIncoming},
};

use crate::{Failure, record_id};

// Messages name those of other packages by these paths.
mod rating {
    pub mod v1 {
        tonic::include_proto!("rating.v1");
    }
}
mod metadata {
    pub mod v1 {
        tonic::include_proto!("metadata.v1");
    }
}
mod bench {
    pub mod v1 {
        tonic::include_proto!("bench.v1");
    }
}

use bench::v1::bench_service_server::{BenchService, BenchServiceServer};
use bench::v1::{EchoRequest, EchoResponse, ListItemsRequest, ListItemsResponse};
use metadata::v1::metadata_service_server::{MetadataService, MetadataServiceServer};
use metadata::v1::{GetMetadataRequest, GetMetadataResponse};

struct Movies(HashMap<String, GetMetadataResponse>);

#[tonic::async_trait]
impl MetadataService for Movies {
    async fn get_metadata(
        &self,
        request: Request<GetMetadataRequest>,
    ) -> Result<Response<GetMetadataResponse>, Status> {
        let found = self.0.get(&request.get_ref().movie_id).cloned();
        found.map(Response::new).ok_or_else(|| Status::not_found("no such movie"))
    }
}

struct Bench;

#[tonic::async_trait]
impl BenchService for Bench {
    async fn echo(&self, request: Request<EchoRequest>) -> Result<Response<EchoResponse>, Status> {
        let EchoRequest { payload } = request.into_inner();
        Ok(Response::new(EchoResponse { payload }))
    }

    type ListItemsStream = Pin<Box<dyn Stream<Item = Result<ListItemsResponse, Status>> + Send>>;

    async fn list_items(
        &self,
        request: Request<ListItemsRequest>,
    ) -> Result<Response<Self::ListItemsStream>, Status> {
        let items = (0..request.get_ref().count).map(|index| {
            Ok(ListItemsResponse { record_id: record_id(index), rating_count: index, mean: 3.5 })
        });
        Ok(Response::new(Box::pin(iter(items))))
    }
}

/// Serves both services by gRPC over HTTP/2.
pub async fn serve(response: &[u8]) -> Result<(), Failure> {
    let response = GetMetadataResponse::decode(response)?;
    let id = response.metadata.as_ref().map(|movie| movie.id.clone()).unwrap_or_default();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!(r#"ready {{"2":"http://{}"}}"#, listener.local_addr()?);
    Server::builder()
        .add_service(MetadataServiceServer::new(Movies(HashMap::from([(id, response)]))))
        .add_service(BenchServiceServer::new(Bench))
        .serve_with_incoming(TcpIncoming::from(listener).with_nodelay(Some(true)))
        .await?;
    Ok(())
}
