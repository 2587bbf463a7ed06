// The peers on grpc-go. `main metadata -answer FILE` serves GetMetadata from a map, `main movie
// -metadata HOST:PORT -rating HOST:PORT` serves GetMovieDetails by asking both over kept connections.
// The packages under gen/ are made from the descriptors in the project's own gen/: see build-go.ts.
package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"os"

	"google.golang.org/grpc"
)

func main() {
	flags := flag.NewFlagSet("peer", flag.ExitOnError)
	answer := flags.String("answer", "", "the file with the answer of GetMetadata, as JSON")
	metadata := flags.String("metadata", "", "where the metadata service is")
	rating := flags.String("rating", "", "where the rating service is")
	flags.Parse(os.Args[2:])

	server := grpc.NewServer()
	switch os.Args[1] {
	case "metadata":
		must(registerMetadata(server, *answer))
	case "movie":
		must(registerMovie(server, *metadata, *rating))
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	fmt.Printf("ready {\"2\":\"http://%s\"}\n", listener.Addr())
	must(server.Serve(listener))
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
