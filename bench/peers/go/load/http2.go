package main

import (
	"bytes"
	"math"
	"net"
	"sync"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

const (
	// Initial windows of the client, for a stream and for the connection. h2load uses the same.
	streamWindow     = 1<<20 - 1
	connectionWindow = 1<<22 - 1
	// Initial window of every peer until its SETTINGS arrive (RFC 9113 §6.5.2).
	windowDefault = 65_535
	frameMax      = 16_384
	// outMax is the number of queued bytes from which a body waits for the socket.
	outMax = 256 << 10
)

// http2Client is a connection that makes many calls at once, as cheaply as it can, because
// it shares the machine with the server.
type http2Client struct {
	request *request
	socket  net.Conn
	// settled is closed when both sides have acknowledged the SETTINGS of the other.
	settled chan struct{}
	// failed is called once, when the connection ends.
	failed func(error)

	mutex sync.Mutex
	// room is signalled when a window has grown, a stream has ended, or bytes have been written.
	room    *sync.Cond
	out     bytes.Buffer
	spare   bytes.Buffer
	writing bool
	framer  *http2.Framer
	encoder *hpack.Encoder
	block   bytes.Buffer

	nextID       uint32
	streams      map[uint32]*stream
	streamsMax   int
	window       int64
	windowOfEach int64
	taken        uint32
	ended        error

	settingsTaken, settingsAcked bool
}

// stream is a call in flight, with the send window of its body.
type stream struct {
	*call
	window int64
	taken  uint32
}

// openHTTP2 opens a connection and starts the exchange of SETTINGS.
func openHTTP2(request *request, readerBytes int, failed func(error)) (*http2Client, error) {
	socket, err := net.Dial("tcp", request.authority)
	if err != nil {
		return nil, err
	}
	c := &http2Client{
		request: request, socket: socket, settled: make(chan struct{}), failed: failed,
		nextID: 1, streams: map[uint32]*stream{}, streamsMax: math.MaxInt,
		window: windowDefault, windowOfEach: windowDefault,
	}
	c.room = sync.NewCond(&c.mutex)
	c.framer = http2.NewFramer(&c.out, nil)
	c.encoder = hpack.NewEncoder(&c.block)
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.out.WriteString(http2.ClientPreface)
	c.framer.WriteSettings(
		http2.Setting{ID: http2.SettingEnablePush, Val: 0},
		http2.Setting{ID: http2.SettingInitialWindowSize, Val: streamWindow})
	c.framer.WriteWindowUpdate(0, connectionWindow-windowDefault)
	c.flush()
	go c.read(readerBytes)
	return c, nil
}

// send sends one call. It blocks while the limit of streams is reached or the send window is used up.
func (c *http2Client) send(call *call) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for c.ended == nil && len(c.streams) >= c.streamsMax {
		c.room.Wait()
	}
	id, sent := c.nextID, &stream{call: call, window: c.windowOfEach}
	c.nextID += 2
	c.streams[id] = sent
	c.writeHeaders(id)
	for body := c.request.body; len(body) > 0 && c.ended == nil; {
		length := int(min(int64(min(len(body), frameMax)), c.window, sent.window))
		switch {
		case length > 0 && c.out.Len() < outMax:
			c.framer.WriteData(id, length == len(body), body[:length])
			body = body[length:]
			c.window -= int64(length)
			sent.window -= int64(length)
		case c.out.Len() > 0 && !c.writing:
			c.flush()
		default:
			c.room.Wait()
		}
	}
	c.flush()
}

// trySend sends one gRPC call with a small body. It returns false when it would block.
func (c *http2Client) trySend(call *call) bool {
	c.mutex.Lock()
	if c.ended != nil || len(c.streams) >= c.streamsMax || c.out.Len() > outMax {
		c.mutex.Unlock()
		return false
	}
	id := c.nextID
	c.nextID += 2
	c.streams[id] = &stream{call: call, window: c.windowOfEach}
	c.writeHeaders(id)
	c.framer.WriteData(id, true, c.request.body)
	c.window -= int64(len(c.request.body))
	c.mutex.Unlock()
	go c.flushLocked()
	return true
}

func (c *http2Client) writeHeaders(id uint32) {
	c.block.Reset()
	for _, field := range append([]header{
		{":method", "POST"}, {":scheme", "http"},
		{":authority", c.request.authority}, {":path", c.request.path},
	}, c.request.headers...) {
		c.encoder.WriteField(hpack.HeaderField{Name: field.name, Value: field.value})
	}
	c.framer.WriteHeaders(http2.HeadersFrameParam{
		StreamID: id, BlockFragment: c.block.Bytes(), EndHeaders: true,
		EndStream: len(c.request.body) == 0,
	})
}

// flush writes what is queued, unless another flush is running, which then writes this too. The mutex is
// released during the write.
func (c *http2Client) flush() {
	if c.writing {
		return
	}
	c.writing = true
	for c.out.Len() > 0 && c.ended == nil {
		c.out, c.spare = c.spare, c.out
		c.mutex.Unlock()
		_, err := c.socket.Write(c.spare.Bytes())
		c.mutex.Lock()
		c.spare.Reset()
		if err != nil {
			c.ended = err
		}
		c.room.Broadcast()
	}
	c.writing = false
}
