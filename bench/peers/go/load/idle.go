package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

const (
	dialsAtOnce = 64
	// An idle connection has little to read.
	idleReaderBytes = 512
	settleTimeout   = 10 * time.Second
)

// idle opens the connections, and keeps them open until standard input ends.
func idle(request *request, count int) {
	var lost atomic.Int64
	connect := func() {
		client, err := openHTTP2(request, idleReaderBytes, func(error) { lost.Add(1) })
		must(err)
		select {
		case <-client.settled:
		case <-time.After(settleTimeout):
			must(fmt.Errorf("SETTINGS were not exchanged within %v", settleTimeout))
		}
	}
	var dialling sync.WaitGroup
	places := make(chan struct{}, dialsAtOnce)
	for range count {
		places <- struct{}{}
		dialling.Go(func() {
			connect()
			<-places
		})
	}
	dialling.Wait()
	fmt.Println("ready")
	io.Copy(io.Discard, os.Stdin)
	open := int64(count) - lost.Load()
	must(json.NewEncoder(os.Stdout).Encode(map[string]int64{"open": open}))
}
