// The peers in Go:
//
//	peer grpc -response FILE                        metadata and bench by grpc-go
//	peer connect -response FILE                     the same by connect-go
//	peer movie -metadata HOST:PORT -rating HOST:PORT   movie by grpc-go
//
// GetMetadata responds from a map that holds the movie in FILE. GetMovieDetails calls both services over
// persistent connections. build-go.ts generates the packages under gen/ from the descriptors in the
// project's gen/.
package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"

	"google.golang.org/grpc"
)

func main() {
	flags := flag.NewFlagSet("peer", flag.ExitOnError)
	response := flags.String("response", "", "file with the response of GetMetadata, as JSON")
	metadata := flags.String("metadata", "", "address of the metadata service")
	rating := flags.String("rating", "", "address of the rating service")
	flags.Parse(os.Args[2:])

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	origin := "http://" + listener.Addr().String()
	switch os.Args[1] {
	case "grpc":
		server := grpc.NewServer()
		registerMetadata(server, readResponses(*response))
		registerBench(server)
		announce(fmt.Sprintf(`{"2":%q}`, origin))
		must(server.Serve(listener))
	case "movie":
		server := grpc.NewServer()
		must(registerMovie(server, *metadata, *rating))
		announce(fmt.Sprintf(`{"2":%q}`, origin))
		must(server.Serve(listener))
	case "connect":
		server := &http.Server{Handler: connectHandler(readResponses(*response)), Protocols: new(http.Protocols)}
		server.Protocols.SetHTTP1(true)
		server.Protocols.SetUnencryptedHTTP2(true)
		announce(fmt.Sprintf(`{"1.1":%q,"2":%q}`, origin, origin))
		must(server.Serve(listener))
	default:
		log.Fatalf("unknown peer %q: choose grpc, connect or movie", os.Args[1])
	}
}

// announce prints the origins of the peer, by version of HTTP.
func announce(origins string) {
	fmt.Println("ready " + origins)
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
