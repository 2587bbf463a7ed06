package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
)

// queueMax is the number of calls that wait for a connection before the clock waits.
const queueMax = 1 << 16

// http1Client makes one call after the other.
type http1Client struct {
	queue chan *call
}

func dialHTTP1(request *request) (*http1Client, error) {
	socket, err := net.Dial("tcp", request.authority)
	if err != nil {
		return nil, err
	}
	client := &http1Client{queue: make(chan *call, queueMax)}
	go client.run(socket, request.message())
	return client, nil
}

func (c *http1Client) send(call *call) {
	c.queue <- call
}

func (c *http1Client) run(socket net.Conn, message []byte) {
	reader := bufio.NewReader(socket)
	for call := range c.queue {
		_, err := socket.Write(message)
		if err == nil {
			err = takeAnswer(reader, call)
		}
		call.done(call, err)
	}
}

func takeAnswer(reader *bufio.Reader, call *call) error {
	response, err := http.ReadResponse(reader, nil)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("a response has the status %d: %s", response.StatusCode, body)
	}
	return call.take(body)
}

func (r *request) message() []byte {
	var text strings.Builder
	fmt.Fprintf(&text, "POST %s HTTP/1.1\r\nHost: %s\r\n", r.path, r.authority)
	for _, header := range r.headers {
		fmt.Fprintf(&text, "%s: %s\r\n", header.name, header.value)
	}
	fmt.Fprintf(&text, "Content-Length: %d\r\n\r\n", len(r.body))
	return append([]byte(text.String()), r.body...)
}
