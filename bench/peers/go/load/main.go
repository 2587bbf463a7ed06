// The load generator for what h2load cannot do:
//
//	load pace -url URL -http 1.1|2 -header 'NAME: VALUE' -body FILE -rate N -seconds S
//	load overload -url URL -header 'NAME: VALUE' -body FILE -rate N -seconds S -timeout MS -retries N
//	load idle -url URL -connections N
//
// pace sends calls at an even rate that does not depend on responses, and prints their latency from the
// time when each was due. A stall of the server therefore counts for every call that it delayed. Every
// response must be good and equal the first one byte for byte.
//
// overload does the same over HTTP/2, counts the outcomes of the calls, and probes /readyz meanwhile.
//
// idle opens HTTP/2 connections that exchange SETTINGS and then are idle. It prints a line when all are
// open, and how many still are when standard input ends.
package main

import (
	"encoding/json"
	"flag"
	"log"
	"net/url"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
)

// collectBytes is the heap size at which garbage is collected: large, because a collection delays the clock.
const collectBytes = 512 << 20

func main() {
	log.SetFlags(0)
	log.SetPrefix("load: ")
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(collectBytes)
	// The thread of the clock sleeps in system calls and must not lose its processor meanwhile.
	runtime.GOMAXPROCS(runtime.NumCPU() + 2)

	request := &request{}
	flags := flag.NewFlagSet("load", flag.ExitOnError)
	target := flags.String("url", "", "URL of the call")
	version := flags.String("http", "2", "version of HTTP: 1.1 or 2")
	body := flags.String("body", "", "file with the body of each request")
	rate := flags.Float64("rate", 0, "calls per second")
	seconds := flags.Float64("seconds", 0, "duration in seconds")
	timeout := flags.Float64("timeout", 1000, "deadline of a call, in milliseconds")
	retries := flags.Int("retries", 0, "number of retries of a call that failed with UNAVAILABLE")
	connections := flags.Int("connections", 8, "number of connections")
	flags.Func("header", "a header, `name: value`", func(line string) error {
		name, value, _ := strings.Cut(line, ": ")
		request.headers = append(request.headers, header{name, value})
		return nil
	})
	flags.Parse(os.Args[2:])
	at, err := url.Parse(*target)
	must(err)
	request.authority, request.path = at.Host, at.Path

	switch os.Args[1] {
	case "pace":
		request.body, err = os.ReadFile(*body)
		must(err)
		length := time.Duration(*seconds * float64(time.Second))
		must(json.NewEncoder(os.Stdout).Encode(pace(request, *version, *connections, *rate, length)))
	case "overload":
		request.body, err = os.ReadFile(*body)
		must(err)
		length := time.Duration(*seconds * float64(time.Second))
		limit := time.Duration(*timeout * float64(time.Millisecond))
		must(json.NewEncoder(os.Stdout).Encode(
			runOverload(request, *connections, *rate, length, limit, *retries)))
	case "idle":
		idle(request, *connections)
	default:
		log.Fatalf("unknown load %q: choose pace, overload or idle", os.Args[1])
	}
}

type header struct{ name, value string }

// request is the request that is repeated.
type request struct {
	authority, path string
	headers         []header
	body            []byte
	// tolerant allows calls to fail.
	tolerant bool
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
