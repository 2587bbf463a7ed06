package main

import (
	"context"
	"errors"
	"net/http"

	"connectrpc.com/connect"
	"google.golang.org/grpc/status"

	benchv1 "marquee.bench/gen/bench/v1"
)

// connectHandler serves metadata and bench by gRPC, gRPC-Web and Connect, as protoc-gen-connect-go does.
func connectHandler(responses responses) http.Handler {
	mux := http.NewServeMux()
	addUnary(mux, "/metadata.v1.MetadataService/GetMetadata", responses.getMetadata)
	addUnary(mux, "/bench.v1.BenchService/Echo", echo)
	const list = "/bench.v1.BenchService/ListItems"
	mux.Handle(list, connect.NewServerStreamHandler(list, func(
		_ context.Context, request *connect.Request[benchv1.ListItemsRequest],
		stream *connect.ServerStream[benchv1.ListItemsResponse],
	) error {
		return listItems(request.Msg, stream.Send)
	}))
	return mux
}

func addUnary[I any, O any](
	mux *http.ServeMux, procedure string, call func(context.Context, *I) (*O, error),
) {
	mux.Handle(procedure, connect.NewUnaryHandler(procedure, func(
		ctx context.Context, request *connect.Request[I],
	) (*connect.Response[O], error) {
		response, err := call(ctx, request.Msg)
		if err != nil {
			failure := status.Convert(err)
			return nil, connect.NewError(connect.Code(failure.Code()), errors.New(failure.Message()))
		}
		return connect.NewResponse(response), nil
	}))
}
