package main

import (
	"log"
	"runtime"
	"slices"
	"sync"
	"syscall"
	"time"
)

// answerTimeout is how long answers are waited for when the last call has been sent.
const answerTimeout = 10 * time.Second

// readerBytes is how much is read from a connection at once.
const readerBytes = 32 << 10

// inlineMax is the largest body that the one who keeps the time sends by itself: for a larger one it may
// have to wait until the server takes more.
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
	case <-time.After(answerTimeout):
		log.Fatalf("%d of %d calls had no answer after %v", count-tally.count(), count, answerTimeout)
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

// first makes one call, and answers the bytes that it got.
func first(client client) []byte {
	answered := make(chan []byte)
	go client.send(&call{due: time.Now(), done: func(call *call, err error) {
		must(err)
		answered <- call.answer
	}})
	select {
	case answer := <-answered:
		return answer
	case <-time.After(answerTimeout):
		log.Fatal("the first call had no answer")
		return nil
	}
}

// keepTime says evenly when a call is due, and never leaves one out because it is late itself.
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

// tally gathers how long calls took.
type tally struct {
	waiting   sync.WaitGroup
	mutex     sync.Mutex
	latencies []time.Duration
}

func (t *tally) done(call *call, err error) {
	took := time.Since(call.due)
	must(err)
	if !call.isWhole() {
		log.Fatalf("an answer ends after %d of %d bytes", call.length, len(call.right))
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

// percentile answers the smallest latency that this part of all is not above, in milliseconds.
func percentile(sorted []time.Duration, part float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	index := min(int(part*float64(len(sorted))), len(sorted)-1)
	return float64(sorted[index]) / float64(time.Millisecond)
}
