// The peers in Go:
//
//	peer grpc -answer FILE                          metadata and bench by grpc-go
//	peer connect -answer FILE                       the same by connect-go
//	peer movie -metadata HOST:PORT -rating HOST:PORT   movie by grpc-go
//
// GetMetadata answers from a map that holds the movie in FILE; GetMovieDetails asks both services over
// kept connections. The packages under gen/ are made from the descriptors in the project's own gen/:
// see build-go.ts.
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
	answer := flags.String("answer", "", "the file with the answer of GetMetadata, as JSON")
	metadata := flags.String("metadata", "", "where the metadata service is")
	rating := flags.String("rating", "", "where the rating service is")
	flags.Parse(os.Args[2:])

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	origin := "http://" + listener.Addr().String()
	switch os.Args[1] {
	case "grpc":
		server := grpc.NewServer()
		registerMetadata(server, readAnswers(*answer))
		registerBench(server)
		announce(fmt.Sprintf(`{"2":%q}`, origin))
		must(server.Serve(listener))
	case "movie":
		server := grpc.NewServer()
		must(registerMovie(server, *metadata, *rating))
		announce(fmt.Sprintf(`{"2":%q}`, origin))
		must(server.Serve(listener))
	case "connect":
		server := &http.Server{Handler: connectHandler(readAnswers(*answer)), Protocols: new(http.Protocols)}
		server.Protocols.SetHTTP1(true)
		server.Protocols.SetUnencryptedHTTP2(true)
		announce(fmt.Sprintf(`{"1.1":%q,"2":%q}`, origin, origin))
		must(server.Serve(listener))
	default:
		log.Fatalf("there is no peer %q", os.Args[1])
	}
}

// announce tells the bench where the peer listens, for each version of HTTP.
func announce(origins string) {
	fmt.Println("ready " + origins)
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
