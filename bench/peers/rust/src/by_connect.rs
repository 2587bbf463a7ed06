use std::{collections::HashMap, sync::Arc};

use buffa::Message;
use connectrpc::{
    ConnectError, RequestContext, Response, Router, Server, ServiceRequest, ServiceResult,
    ServiceStream,
};
use tokio_stream::iter;

use crate::{Failure, record_id};

mod code {
    include!(concat!(env!("OUT_DIR"), "/connect.rs"));
}

use code::bench::v1::{
    BenchService, EchoRequest, EchoResponse, ListItemsRequest, ListItemsResponse,
};
use code::metadata::v1::{GetMetadataRequest, GetMetadataResponse, MetadataService};

struct Movies(HashMap<String, GetMetadataResponse>);

impl MetadataService for Movies {
    async fn get_metadata(
        &self,
        _: RequestContext,
        request: ServiceRequest<'_, GetMetadataRequest>,
    ) -> ServiceResult<GetMetadataResponse> {
        let found = self.0.get(request.movie_id).cloned();
        Response::ok(found.ok_or_else(|| ConnectError::not_found("no such movie"))?)
    }
}

struct Bench;

impl BenchService for Bench {
    async fn echo(
        &self,
        _: RequestContext,
        request: ServiceRequest<'_, EchoRequest>,
    ) -> ServiceResult<EchoResponse> {
        Response::ok(EchoResponse { payload: request.payload.to_vec(), ..Default::default() })
    }

    async fn list_items(
        &self,
        _: RequestContext,
        request: ServiceRequest<'_, ListItemsRequest>,
    ) -> ServiceResult<ServiceStream<ListItemsResponse>> {
        let items = (0..request.count).map(|index| {
            Ok(ListItemsResponse {
                record_id: record_id(index),
                rating_count: index,
                mean: 3.5,
                ..Default::default()
            })
        });
        Response::stream_ok(iter(items))
    }
}

/// Serves both services by all protocols of Connect, over HTTP/1.1 and HTTP/2.
pub async fn serve(response: &[u8]) -> Result<(), Failure> {
    let response = GetMetadataResponse::decode_from_slice(response)?;
    let id = response.metadata.id.clone();
    let router = Router::new()
        .add_service(Arc::new(Movies(HashMap::from([(id, response)]))))
        .add_service(Arc::new(Bench));
    let server = Server::bind("127.0.0.1:0").await?;
    let origin = format!("http://{}", server.local_addr()?);
    println!(r#"ready {{"1.1":"{origin}","2":"{origin}"}}"#);
    server.serve(router).await.map_err(|error| error.to_string().into())
}
