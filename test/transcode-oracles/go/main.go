// Serves the same handlers by grpc-gateway and by vanguard, each on a port of its own. The header
// X-Service of a request names the service whose routes it may match. build.ts generates the packages under
// gen/ from the descriptors in the project's gen/.
package main

import (
	"fmt"
	"log"
	"net"
	"net/http"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

const (
	serviceHeader   = "X-Service"
	headerBytesMax  = 1 << 20
	messageBytesMax = 4 << 20
)

func main() {
	servers := map[string]*grpc.Server{}
	gateways := map[string]http.Handler{}
	vanguards := map[string]http.Handler{}
	for name, register := range services {
		server := echoServer(name)
		servers[name] = server
		gateways[name] = must(gatewayOf(register, serveLoopback(server)))
		vanguards[name] = must(vanguardOf(name, server))
	}
	gateway := listen(gateways)
	vanguard := listen(vanguards)
	fmt.Printf("ready {\"gateway\":%d,\"vanguard\":%d}\n", gateway, vanguard)
	select {}
}

// serveLoopback serves gRPC on a free port, and returns a connection to it.
func serveLoopback(server *grpc.Server) *grpc.ClientConn {
	listener := must(net.Listen("tcp", "127.0.0.1:0"))
	go func() { log.Fatal(server.Serve(listener)) }()
	return must(grpc.NewClient(
		listener.Addr().String(),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithMaxHeaderListSize(headerBytesMax),
	))
}

// listen serves the handlers by service on a free port, and returns it. A panic is the response.
func listen(handlers map[string]http.Handler) int {
	listener := must(net.Listen("tcp", "127.0.0.1:0"))
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if reason := recover(); reason != nil {
				http.Error(w, fmt.Sprintf("panic: %v", reason), http.StatusInternalServerError)
			}
		}()
		handlers[r.Header.Get(serviceHeader)].ServeHTTP(w, r)
	})}
	go func() { log.Fatal(server.Serve(listener)) }()
	return listener.Addr().(*net.TCPAddr).Port
}

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}
