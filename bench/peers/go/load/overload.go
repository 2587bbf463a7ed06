package main

import (
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// probeInterval is the time between two probes of the readiness, each on a new connection.
	probeInterval = 50 * time.Millisecond
	probeTimeout  = time.Second
	// backOff is the longest delay of the first retry of a refused call. It doubles each time.
	backOff = 20 * time.Millisecond
	// unavailable is the gRPC code of calls that may be retried.
	unavailable = "14"
)

// outcomes counts how the calls of an overload ended. A good one has the right response in time.
type outcomes struct {
	Calls      int            `json:"calls"`
	Good       int            `json:"good"`
	Late       int            `json:"late"`
	Unsent     int            `json:"unsent"`
	ByStatus   map[string]int `json:"byStatus"`
	P50Ms      float64        `json:"p50Ms"`
	P99Ms      float64        `json:"p99Ms"`
	Probes     int64          `json:"probes"`
	ProbesGood int64          `json:"probesGood"`
	ProbeP99Ms float64        `json:"probeP99Ms"`
}

type overload struct {
	request *request
	timeout time.Duration
	retries int
	pending sync.WaitGroup
	mutex   sync.Mutex
	report  outcomes
	took    []time.Duration
}

// runOverload sends calls at an even rate, whatever their outcome, and probes /readyz meanwhile.
func runOverload(
	request *request, connections int, rate float64, length, timeout time.Duration, retries int,
) outcomes {
	clients := make([]*http2Client, connections)
	for i := range clients {
		client, err := openHTTP2(request, readerBytes, func(error) {})
		must(err)
		<-client.settled
		clients[i] = client
	}
	first(clients[0])
	request.tolerant = true
	count := int(rate * length.Seconds())
	o := &overload{request: request, timeout: timeout, retries: retries}
	o.report = outcomes{Calls: count, ByStatus: map[string]int{}}
	stop := make(chan struct{})
	probed := probe("http://"+request.authority+"/readyz", stop, &o.report)
	o.pending.Add(count)
	keepTime(rate, count, func(i int, due time.Time) {
		o.try(clients[i%len(clients)], due, 0)
	})
	close(stop)
	o.pending.Wait()
	o.report.ProbeP99Ms = percentile(<-probed, 0.99)
	slices.Sort(o.took)
	o.report.P50Ms = percentile(o.took, 0.5)
	o.report.P99Ms = percentile(o.took, 0.99)
	return o.report
}

// try makes one attempt. The deadline of the whole call counts from when it was due.
func (o *overload) try(client *http2Client, due time.Time, retried int) {
	sent := time.Now()
	if retried == 0 {
		sent = due
	}
	var once sync.Once
	ended := func(call *call, err error) {
		once.Do(func() { o.end(client, call, err, due, sent, retried) })
	}
	call := &call{due: sent, done: ended}
	if !client.trySend(call) {
		o.count(func() { o.report.Unsent++ })
		return
	}
	time.AfterFunc(time.Until(due.Add(o.timeout)), func() { ended(call, errLate) })
}

func (o *overload) end(
	client *http2Client, call *call, err error, due, sent time.Time, retried int,
) {
	took := time.Since(sent)
	if err == errLate {
		o.count(func() { o.report.Late++ })
		return
	}
	if call.status == "" && err == nil {
		o.count(func() {
			o.report.Good++
			o.took = append(o.took, took)
		})
		return
	}
	pause := time.Duration(rand.Float64() * float64(backOff<<retried))
	if call.status == unavailable && retried < o.retries && time.Since(due)+pause < o.timeout {
		time.AfterFunc(pause, func() { o.try(client, due, retried+1) })
		return
	}
	status := call.status
	if status == "" {
		status = "lost"
	}
	o.count(func() { o.report.ByStatus[status]++ })
}

func (o *overload) count(add func()) {
	o.mutex.Lock()
	add()
	o.mutex.Unlock()
	o.pending.Done()
}

// probe repeats probes, and sends the latency of the good responses when it is stopped.
func probe(url string, stop chan struct{}, report *outcomes) chan []time.Duration {
	result := make(chan []time.Duration, 1)
	client := &http.Client{
		Timeout:   probeTimeout,
		Transport: &http.Transport{DisableKeepAlives: true},
	}
	go func() {
		var asked sync.WaitGroup
		var mutex sync.Mutex
		var took []time.Duration
		ticker := time.NewTicker(probeInterval)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				atomic.AddInt64(&report.Probes, 1)
				asked.Go(func() {
					start := time.Now()
					response, err := client.Get(url)
					if err != nil {
						return
					}
					io.Copy(io.Discard, response.Body)
					response.Body.Close()
					if response.StatusCode != http.StatusOK {
						return
					}
					atomic.AddInt64(&report.ProbesGood, 1)
					mutex.Lock()
					took = append(took, time.Since(start))
					mutex.Unlock()
				})
			case <-stop:
				asked.Wait()
				slices.Sort(took)
				result <- took
				return
			}
		}
	}()
	return result
}
