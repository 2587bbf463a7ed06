package main

import (
	"context"
	"os"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"

	metadatav1 "marquee.bench/gen/metadata/v1"
)

// responses holds the responses of GetMetadata by movie.
type responses map[string]*metadatav1.GetMetadataResponse

// readResponses reads the response in the file. Without a file, the map is empty.
func readResponses(path string) responses {
	if path == "" {
		return responses{}
	}
	text, err := os.ReadFile(path)
	must(err)
	response := &metadatav1.GetMetadataResponse{}
	must(protojson.Unmarshal(text, response))
	return responses{response.Metadata.Id: response}
}

func registerMetadata(server *grpc.Server, responses responses) {
	register(server, "metadata.v1.MetadataService",
		[]grpc.MethodDesc{unary("GetMetadata", responses.getMetadata)}, nil)
}

func (a responses) getMetadata(
	_ context.Context, request *metadatav1.GetMetadataRequest,
) (*metadatav1.GetMetadataResponse, error) {
	response, found := a[request.MovieId]
	if !found {
		return nil, status.Error(codes.NotFound, "no such movie")
	}
	return response, nil
}
