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

// answers holds the answers of GetMetadata by movie.
type answers map[string]*metadatav1.GetMetadataResponse

// readAnswers reads the answer that the file holds; without a file there is none.
func readAnswers(path string) answers {
	if path == "" {
		return answers{}
	}
	text, err := os.ReadFile(path)
	must(err)
	answer := &metadatav1.GetMetadataResponse{}
	must(protojson.Unmarshal(text, answer))
	return answers{answer.Metadata.Id: answer}
}

func registerMetadata(server *grpc.Server, answers answers) {
	register(server, "metadata.v1.MetadataService",
		[]grpc.MethodDesc{unary("GetMetadata", answers.getMetadata)}, nil)
}

func (a answers) getMetadata(
	_ context.Context, request *metadatav1.GetMetadataRequest,
) (*metadatav1.GetMetadataResponse, error) {
	answer, found := a[request.MovieId]
	if !found {
		return nil, status.Error(codes.NotFound, "no such movie")
	}
	return answer, nil
}
