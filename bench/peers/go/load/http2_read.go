package main

import (
	"bufio"
	"fmt"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// read processes frames until the connection ends.
func (c *http2Client) read(readerBytes int) {
	framer := http2.NewFramer(nil, bufio.NewReaderSize(c.socket, readerBytes))
	framer.SetReuseFrames()
	fields := newFields()
	for {
		frame, err := framer.ReadFrame()
		if headers, isHeaders := frame.(*http2.HeadersFrame); err == nil && isHeaders {
			err = c.takeFields(fields, headers)
		}
		if err == nil {
			err = c.take(frame)
		}
		if err != nil {
			c.end(err)
			return
		}
	}
}

func (c *http2Client) end(err error) {
	c.mutex.Lock()
	c.ended = err
	c.room.Broadcast()
	c.mutex.Unlock()
	c.failed(err)
}

// takeFields reads the outcome of a response. Where calls may fail, an error belongs to its call only.
func (c *http2Client) takeFields(fields *fields, headers *http2.HeadersFrame) error {
	if err := fields.take(headers); err != nil {
		return err
	}
	if fields.status == "200" && fields.grpcStatus == "0" {
		return nil
	}
	if !c.request.tolerant {
		return fmt.Errorf(
			"a response has the status %s, and the gRPC status %s", fields.status, fields.grpcStatus)
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if stream := c.streams[headers.StreamID]; stream != nil {
		stream.status = fields.grpcStatus
	}
	return nil
}

// take processes a frame.
func (c *http2Client) take(frame http2.Frame) error {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	var err error
	switch frame := frame.(type) {
	case *http2.HeadersFrame:
		if frame.StreamEnded() {
			c.finish(frame.StreamID)
		}
	case *http2.DataFrame:
		err = c.takeData(frame)
	case *http2.SettingsFrame:
		c.takeSettings(frame)
	case *http2.WindowUpdateFrame:
		if stream := c.streams[frame.StreamID]; stream != nil {
			stream.window += int64(frame.Increment)
		} else if frame.StreamID == 0 {
			c.window += int64(frame.Increment)
		}
		c.room.Broadcast()
	case *http2.PingFrame:
		if !frame.IsAck() {
			c.framer.WritePing(true, frame.Data)
		}
	case *http2.RSTStreamFrame:
		if stream := c.streams[frame.StreamID]; stream != nil && c.request.tolerant {
			stream.status = frame.ErrCode.String()
			c.finish(frame.StreamID)
		} else if stream != nil {
			err = fmt.Errorf("a call was reset: %v", frame.ErrCode)
		}
	case *http2.GoAwayFrame:
		err = fmt.Errorf("the server sent GOAWAY: %v", frame.ErrCode)
	}
	if c.out.Len() > 0 && !c.writing {
		// The reader never waits for the socket: a server that does not read until it has written would
		// wait for it.
		go c.flushLocked()
	}
	return err
}

func (c *http2Client) flushLocked() {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.flush()
}

func (c *http2Client) takeSettings(frame *http2.SettingsFrame) {
	if frame.IsAck() {
		c.settingsAcked = true
	} else {
		frame.ForeachSetting(func(setting http2.Setting) error {
			switch setting.ID {
			case http2.SettingMaxConcurrentStreams:
				c.streamsMax = int(setting.Val)
			case http2.SettingInitialWindowSize:
				grown := int64(setting.Val) - c.windowOfEach
				c.windowOfEach += grown
				for _, stream := range c.streams {
					stream.window += grown
				}
			}
			return nil
		})
		c.framer.WriteSettingsAck()
		c.settingsTaken = true
		c.room.Broadcast()
	}
	if c.settingsTaken && c.settingsAcked {
		select {
		case <-c.settled:
		default:
			close(c.settled)
		}
	}
}

// takeData extends a window when half of it is used.
func (c *http2Client) takeData(frame *http2.DataFrame) error {
	stream := c.streams[frame.StreamID]
	if stream == nil {
		return fmt.Errorf("DATA arrived on stream %d, which has ended", frame.StreamID)
	}
	if err := stream.take(frame.Data()); err != nil {
		return err
	}
	if frame.StreamEnded() {
		c.finish(frame.StreamID)
	} else if stream.taken += frame.Length; stream.taken > streamWindow/2 {
		c.framer.WriteWindowUpdate(frame.StreamID, stream.taken)
		stream.taken = 0
	}
	if c.taken += frame.Length; c.taken > connectionWindow/2 {
		c.framer.WriteWindowUpdate(0, c.taken)
		c.taken = 0
	}
	return nil
}

func (c *http2Client) finish(id uint32) {
	stream := c.streams[id]
	if stream == nil {
		return
	}
	delete(c.streams, id)
	c.room.Broadcast()
	stream.done(stream.call, nil)
}

// fields reads the outcome of a response from its headers and trailers.
type fields struct {
	decoder            *hpack.Decoder
	status, grpcStatus string
}

func newFields() *fields {
	f := &fields{}
	f.decoder = hpack.NewDecoder(4096, func(field hpack.HeaderField) {
		switch field.Name {
		case ":status":
			f.status = field.Value
		case "grpc-status":
			f.grpcStatus = field.Value
		}
	})
	return f
}

func (f *fields) take(frame *http2.HeadersFrame) error {
	// Trailers have no :status, and only the last headers of a gRPC response have a grpc-status.
	f.status, f.grpcStatus = "200", "0"
	if _, err := f.decoder.Write(frame.HeaderBlockFragment()); err != nil {
		return err
	}
	if !frame.HeadersEnded() {
		return fmt.Errorf("the headers need more than one frame, which this client does not support")
	}
	return f.decoder.Close()
}
