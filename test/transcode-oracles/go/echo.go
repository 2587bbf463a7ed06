package main

import (
	"context"
	"encoding/base64"
	"io"
	"strconv"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/dynamicpb"
)

const (
	// Header of a request: the code with which the handler fails, after the messages of a stream.
	failHeader = "x-fail"
	// Header of a response: the RPC, and in base64 the request that its handler got.
	requestHeader = "x-request"
	// Number of messages of a stream of responses.
	streamCount = 3
)

// echoServer serves one service. Its responses have the request in the field request, and copies of the
// request's fields in fields of the same name and kind: see ../echo.ts.
func echoServer(name string) *grpc.Server {
	server := grpc.NewServer(
		grpc.MaxHeaderListSize(headerBytesMax),
		grpc.MaxRecvMsgSize(messageBytesMax),
	)
	found := must(protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(name)))
	methods := found.(protoreflect.ServiceDescriptor).Methods()
	desc := grpc.ServiceDesc{ServiceName: name, Metadata: found.ParentFile().Path()}
	for index := range methods.Len() {
		method := methods.Get(index)
		if method.IsStreamingClient() || method.IsStreamingServer() {
			desc.Streams = append(desc.Streams, streamOf(method))
		} else {
			desc.Methods = append(desc.Methods, unaryOf(method))
		}
	}
	server.RegisterService(&desc, nil)
	return server
}

func unaryOf(method protoreflect.MethodDescriptor) grpc.MethodDesc {
	handler := func(_ any, ctx context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
		request := dynamicpb.NewMessage(method.Input())
		if err := decode(request); err != nil {
			return nil, err
		}
		if err := grpc.SetHeader(ctx, headerOf(method, request)); err != nil {
			return nil, err
		}
		return responseOf(method, request), failure(ctx)
	}
	return grpc.MethodDesc{MethodName: string(method.Name()), Handler: handler}
}

func streamOf(method protoreflect.MethodDescriptor) grpc.StreamDesc {
	handler := func(_ any, stream grpc.ServerStream) error {
		request, err := lastOf(stream, method)
		if err != nil {
			return err
		}
		if err := stream.SetHeader(headerOf(method, request)); err != nil {
			return err
		}
		failed := failure(stream.Context())
		count := streamCount
		if !method.IsStreamingServer() {
			if failed != nil {
				return failed
			}
			count = 1
		}
		for range count {
			if err := stream.SendMsg(responseOf(method, request)); err != nil {
				return err
			}
		}
		return failed
	}
	return grpc.StreamDesc{
		StreamName:    string(method.Name()),
		Handler:       handler,
		ClientStreams: method.IsStreamingClient(),
		ServerStreams: method.IsStreamingServer(),
	}
}

// lastOf returns the last message of a stream of requests, an empty one without any.
func lastOf(stream grpc.ServerStream, method protoreflect.MethodDescriptor) (proto.Message, error) {
	last := dynamicpb.NewMessage(method.Input())
	for {
		request := dynamicpb.NewMessage(method.Input())
		if err := stream.RecvMsg(request); err == io.EOF {
			return last, nil
		} else if err != nil {
			return nil, err
		}
		last = request
		if !method.IsStreamingClient() {
			return last, nil
		}
	}
}

func headerOf(method protoreflect.MethodDescriptor, request proto.Message) metadata.MD {
	bytes := must(proto.Marshal(request))
	return metadata.Pairs(requestHeader, string(method.Name())+" "+base64.StdEncoding.EncodeToString(bytes))
}

func failure(ctx context.Context) error {
	incoming, _ := metadata.FromIncomingContext(ctx)
	for _, text := range incoming.Get(failHeader) {
		return status.Error(codes.Code(must(strconv.Atoi(text))), "failed as requested")
	}
	return nil
}

func responseOf(method protoreflect.MethodDescriptor, message proto.Message) proto.Message {
	request := message.ProtoReflect()
	response := dynamicpb.NewMessage(method.Output())
	fields := method.Output().Fields()
	for index := range fields.Len() {
		field := fields.Get(index)
		if field.Name() == "request" && field.Message() == method.Input() {
			response.Set(field, protoreflect.ValueOfMessage(request))
		} else if own := method.Input().Fields().ByName(field.Name()); own != nil && isSameKind(own, field) && request.Has(own) {
			copyValue(response, field, request.Get(own))
		}
	}
	return response
}

func isSameKind(one, other protoreflect.FieldDescriptor) bool {
	if one.IsMap() || other.IsMap() {
		return one.IsMap() && other.IsMap() &&
			isSameValue(one.MapKey(), other.MapKey()) && isSameValue(one.MapValue(), other.MapValue())
	}
	return one.Cardinality() == other.Cardinality() && isSameValue(one, other)
}

func isSameValue(one, other protoreflect.FieldDescriptor) bool {
	return one.Kind() == other.Kind() && one.Message() == other.Message() && one.Enum() == other.Enum()
}

// copyValue copies elements, because a list belongs to one field.
func copyValue(message protoreflect.Message, field protoreflect.FieldDescriptor, value protoreflect.Value) {
	switch {
	case field.IsList():
		list := message.Mutable(field).List()
		for index := range value.List().Len() {
			list.Append(value.List().Get(index))
		}
	case field.IsMap():
		entries := message.Mutable(field).Map()
		value.Map().Range(func(key protoreflect.MapKey, own protoreflect.Value) bool {
			entries.Set(key, own)
			return true
		})
	default:
		message.Set(field, value)
	}
}
