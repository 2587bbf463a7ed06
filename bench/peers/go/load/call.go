package main

import (
	"bytes"
	"errors"
	"fmt"
	"time"
)

// errLate ends a call whose time is over.
var errLate = errors.New("the call is late")

// call is one call. Its answer is to be the right one, or when that is nil, to be kept.
type call struct {
	due    time.Time
	right  []byte
	answer []byte
	length int
	// status is how gRPC or HTTP says that the call failed, where that is no failure of the load.
	status string
	done   func(call *call, err error)
}

// take takes the next bytes of the answer.
func (c *call) take(data []byte) error {
	if c.right == nil {
		c.answer = append(c.answer, data...)
	} else if !bytes.HasPrefix(c.right[c.length:], data) {
		return fmt.Errorf("an answer differs from the first one before byte %d", c.length+len(data))
	}
	c.length += len(data)
	return nil
}

// isWhole says whether all of the answer was taken.
func (c *call) isWhole() bool {
	return c.right == nil || c.length == len(c.right)
}
