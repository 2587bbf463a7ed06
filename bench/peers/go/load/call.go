package main

import (
	"bytes"
	"errors"
	"fmt"
	"time"
)

// errLate fails a call after its deadline.
var errLate = errors.New("the call exceeded its deadline")

// call is one call. Its response must equal right, or is kept when right is nil.
type call struct {
	due      time.Time
	right    []byte
	response []byte
	length   int
	// status is the gRPC or HTTP status of a failed call, where failed calls are allowed.
	status string
	done   func(call *call, err error)
}

// take adds the next bytes of the response.
func (c *call) take(data []byte) error {
	if c.right == nil {
		c.response = append(c.response, data...)
	} else if !bytes.HasPrefix(c.right[c.length:], data) {
		return fmt.Errorf("a response differs from the first one before byte %d", c.length+len(data))
	}
	c.length += len(data)
	return nil
}

// isWhole returns whether the response is complete.
func (c *call) isWhole() bool {
	return c.right == nil || c.length == len(c.right)
}
