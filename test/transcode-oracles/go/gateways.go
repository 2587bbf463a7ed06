package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing/iotest"

	"connectrpc.com/vanguard"
	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protojson"
)

// Both gateways leave out fields that are not set, as Connect does. By default, both write them.
var (
	marshal   = protojson.MarshalOptions{}
	unmarshal = protojson.UnmarshalOptions{DiscardUnknown: true}
)

// gatewayOf decodes variables of several segments as google/api/http.proto says.
func gatewayOf(routes register, conn *grpc.ClientConn) (http.Handler, error) {
	mux := runtime.NewServeMux(
		runtime.WithUnescapingMode(runtime.UnescapingModeAllExceptSlash),
		runtime.WithMarshalerOption(runtime.MIMEWildcard, &runtime.JSONPb{
			MarshalOptions: marshal, UnmarshalOptions: unmarshal,
		}),
		runtime.WithIncomingHeaderMatcher(passOwn),
		runtime.WithOutgoingHeaderMatcher(passOwn),
	)
	return mux, routes(context.Background(), mux, conn)
}

// vanguardOf reads each request before the gRPC server does. That server reads on a goroutine of its own, on
// which a panic of vanguard would end the process.
func vanguardOf(name string, server *grpc.Server) (http.Handler, error) {
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		end := iotest.ErrReader(io.EOF)
		if err != nil {
			end = iotest.ErrReader(err)
		}
		r.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), end))
		server.ServeHTTP(w, r)
	})
	service := vanguard.NewService(name, handler,
		vanguard.WithTargetProtocols(vanguard.ProtocolGRPC), vanguard.WithTargetCodecs(vanguard.CodecProto))
	codec := func(vanguard.TypeResolver) vanguard.Codec {
		return &vanguard.JSONCodec{MarshalOptions: marshal, UnmarshalOptions: unmarshal}
	}
	return vanguard.NewTranscoder([]*vanguard.Service{service}, vanguard.WithCodec(codec))
}

// passOwn passes the headers of this test.
func passOwn(name string) (string, bool) {
	lower := strings.ToLower(name)
	return lower, lower == failHeader || lower == requestHeader
}
