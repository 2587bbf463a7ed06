package main

import (
	"context"
	"strconv"

	"google.golang.org/grpc"

	benchv1 "marquee.bench/gen/bench/v1"
)

func registerBench(server *grpc.Server) {
	register(server, "bench.v1.BenchService",
		[]grpc.MethodDesc{unary("Echo", echo)},
		[]grpc.StreamDesc{serverStream("ListItems", listItems)})
}

func echo(_ context.Context, request *benchv1.EchoRequest) (*benchv1.EchoResponse, error) {
	return &benchv1.EchoResponse{Payload: request.Payload}, nil
}

// listItems sends the same messages as items.ts.
func listItems(request *benchv1.ListItemsRequest, send func(*benchv1.ListItemsResponse) error) error {
	for index := range request.Count {
		item := &benchv1.ListItemsResponse{
			RecordId: "movie-" + strconv.Itoa(int(index)), RatingCount: index, Mean: 3.5,
		}
		if err := send(item); err != nil {
			return err
		}
	}
	return nil
}
