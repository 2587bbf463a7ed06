package main

import (
	"context"

	"google.golang.org/grpc"
)

// register registers a service as protoc-gen-go-grpc does.
func register(
	server *grpc.Server, service string, methods []grpc.MethodDesc, streams []grpc.StreamDesc,
) {
	server.RegisterService(&grpc.ServiceDesc{
		ServiceName: service, HandlerType: (*any)(nil), Methods: methods, Streams: streams,
	}, nil)
}

func unary[I any, O any](method string, call func(context.Context, *I) (*O, error)) grpc.MethodDesc {
	return grpc.MethodDesc{MethodName: method, Handler: func(
		_ any, ctx context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor,
	) (any, error) {
		request := new(I)
		if err := decode(request); err != nil {
			return nil, err
		}
		return call(ctx, request)
	}}
}

func serverStream[I any, O any](
	method string, call func(*I, func(*O) error) error,
) grpc.StreamDesc {
	return grpc.StreamDesc{StreamName: method, ServerStreams: true, Handler: func(
		_ any, stream grpc.ServerStream,
	) error {
		request := new(I)
		if err := stream.RecvMsg(request); err != nil {
			return err
		}
		return call(request, func(message *O) error { return stream.SendMsg(message) })
	}}
}
