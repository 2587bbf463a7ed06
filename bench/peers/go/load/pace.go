package main

import (
	"log"
	"runtime"
	"slices"
	"sync"
	"syscall"
	"time"
)

// responseTimeout is the time to wait for responses after the last call was sent.
const responseTimeout = 10 * time.Second

// readerBytes is the size of one read from a connection.
const readerBytes = 32 << 10

// inlineMax is the largest body that the clock's thread sends itself. A larger one may have to wait for
// the send window.
const inlineMax = 16 << 10

// timerSlack is PR_SET_TIMERSLACK (prctl(2)): without it a sleep is 50 microseconds too long.
const timerSlack = 29

type report struct {
	Calls int     `json:"calls"`
	P50Ms float64 `json:"p50Ms"`
	P99Ms float64 `json:"p99Ms"`
}

// client sends calls on one connection. send may block; it ends a call by its done.
type client interface {
	send(call *call)
}

func pace(
	request *request, version string, connections int, rate float64, length time.Duration,
) report {
	clients := make([]client, connections)
	for i := range clients {
		clients[i] = connect(request, version)
	}
	right := first(clients[0])
	count := int(rate * length.Seconds())
	tally := &tally{latencies: make([]time.Duration, 0, count)}
	tally.waiting.Add(count)
	keepTime(rate, count, func(i int, due time.Time) {
		client, call := clients[i%len(clients)], &call{due: due, right: right, done: tally.done}
		if len(request.body) > inlineMax {
			go client.send(call)
		} else {
			client.send(call)
		}
	})
	whole := make(chan struct{})
	go func() {
		tally.waiting.Wait()
		close(whole)
	}()
	select {
	case <-whole:
	case <-time.After(responseTimeout):
		log.Fatalf("%d of %d calls had no response after %v", count-tally.count(), count, responseTimeout)
	}
	slices.Sort(tally.latencies)
	return report{count, percentile(tally.latencies, 0.5), percentile(tally.latencies, 0.99)}
}

// connect opens a connection for the version of HTTP.
func connect(request *request, version string) client {
	if version == "1.1" {
		client, err := dialHTTP1(request)
		must(err)
		return client
	}
	client, err := openHTTP2(request, readerBytes, must)
	must(err)
	<-client.settled
	return client
}

// first makes one call, and returns the bytes of its response.
func first(client client) []byte {
	responded := make(chan []byte)
	go client.send(&call{due: time.Now(), done: func(call *call, err error) {
		must(err)
		responded <- call.response
	}})
	select {
	case response := <-responded:
		return response
	case <-time.After(responseTimeout):
		log.Fatal("the first call had no response")
		return nil
	}
}

// keepTime sends an even tick for each call that is due. It skips none, even when it is late itself.
func keepTime(rate float64, count int, send func(i int, due time.Time)) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	syscall.RawSyscall(syscall.SYS_PRCTL, timerSlack, 1, 0)
	start := time.Now()
	for i := range count {
		due := start.Add(time.Duration(float64(i) / rate * float64(time.Second)))
		if wait := time.Until(due); wait > 0 {
			pause := syscall.NsecToTimespec(int64(wait))
			syscall.Nanosleep(&pause, nil)
		}
		send(i, due)
	}
}

// tally collects the latency of calls.
type tally struct {
	waiting   sync.WaitGroup
	mutex     sync.Mutex
	latencies []time.Duration
}

func (t *tally) done(call *call, err error) {
	took := time.Since(call.due)
	must(err)
	if !call.isWhole() {
		log.Fatalf("a response ends after %d of %d bytes", call.length, len(call.right))
	}
	t.mutex.Lock()
	t.latencies = append(t.latencies, took)
	t.mutex.Unlock()
	t.waiting.Done()
}

func (t *tally) count() int {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	return len(t.latencies)
}

// percentile returns the latency that this share of all calls does not exceed, in milliseconds.
func percentile(sorted []time.Duration, part float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	index := min(int(part*float64(len(sorted))), len(sorted)-1)
	return float64(sorted[index]) / float64(time.Millisecond)
}
