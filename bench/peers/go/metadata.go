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

type metadataService struct {
	answers map[string]*metadatav1.GetMetadataResponse
}

func registerMetadata(server *grpc.Server, path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	answer := &metadatav1.GetMetadataResponse{}
	if err := protojson.Unmarshal(text, answer); err != nil {
		return err
	}
	answers := map[string]*metadatav1.GetMetadataResponse{answer.Metadata.Id: answer}
	serveUnary(server, "metadata.v1.MetadataService", "GetMetadata", &metadataService{answers},
		(*metadataService).getMetadata)
	return nil
}

func (s *metadataService) getMetadata(
	_ context.Context, request *metadatav1.GetMetadataRequest,
) (*metadatav1.GetMetadataResponse, error) {
	answer, found := s.answers[request.MovieId]
	if !found {
		return nil, status.Error(codes.NotFound, "no such movie")
	}
	return answer, nil
}

// serveUnary registers one method as protoc-gen-go-grpc does it.
func serveUnary[S any, I any, O any](
	server *grpc.Server, service, method string, implementation S,
	call func(S, context.Context, *I) (*O, error),
) {
	handle := func(
		srv any, ctx context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor,
	) (any, error) {
		request := new(I)
		if err := decode(request); err != nil {
			return nil, err
		}
		return call(srv.(S), ctx, request)
	}
	server.RegisterService(&grpc.ServiceDesc{
		ServiceName: service,
		HandlerType: (*any)(nil),
		Methods:     []grpc.MethodDesc{{MethodName: method, Handler: handle}},
	}, implementation)
}
