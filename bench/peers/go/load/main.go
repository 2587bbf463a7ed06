// The load that h2load does not make:
//
//	load pace -url URL -http 1.1|2 -header 'NAME: VALUE' -body FILE -rate N -seconds S
//	load overload -url URL -header 'NAME: VALUE' -body FILE -rate N -seconds S -timeout MS -retries N
//	load idle -url URL -connections N
//
// pace sends so many calls a second, evenly, whether or not answers come, and prints how long they took
// from the moment each was due: a server that stalls is charged for every call that it made late. Every
// answer must be good and equal the first one to the byte.
//
// overload does the same by HTTP/2 and counts how the calls end, each within its time, and looks at /readyz.
//
// idle opens connections of HTTP/2 that exchange settings and say nothing more, prints a line when all are
// open, and at the end of standard input how many still are.
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

// collectBytes is how much garbage is let lie, so that collecting it does not disturb the clock.
const collectBytes = 512 << 20

func main() {
	log.SetFlags(0)
	log.SetPrefix("load: ")
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(collectBytes)
	// The thread that keeps the time sleeps in system calls, and keeps its place in the scheduler meanwhile.
	runtime.GOMAXPROCS(runtime.NumCPU() + 2)

	request := &request{}
	flags := flag.NewFlagSet("load", flag.ExitOnError)
	target := flags.String("url", "", "what is called")
	version := flags.String("http", "2", "the version of HTTP: 1.1 or 2")
	body := flags.String("body", "", "the file with the body of each request")
	rate := flags.Float64("rate", 0, "calls a second")
	seconds := flags.Float64("seconds", 0, "how long")
	timeout := flags.Float64("timeout", 1000, "how long a call may take, in milliseconds")
	retries := flags.Int("retries", 0, "how often a call that is unavailable is sent again")
	connections := flags.Int("connections", 8, "connections")
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
		log.Fatalf("there is no load %q", os.Args[1])
	}
}

type header struct{ name, value string }

// request is what is sent again and again.
type request struct {
	authority, path string
	headers         []header
	body            []byte
	// tolerant says that a call may fail.
	tolerant bool
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
