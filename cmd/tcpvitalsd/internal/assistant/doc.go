// SPDX-License-Identifier: Apache-2.0

// Package assistant answers programs that speak the Model Context Protocol, such as
// an assistant in an editor: the questions of the commands census, list, doctor,
// queues, ports, explain and history are tools that only read. It asks the same
// services as the commands, and shows their documents and texts. No other package
// knows the library of the protocol.
//
// An answer has at most [MostAnswer] bytes; what was left out is told. What comes from
// the machine, such as the name of a process, is data that anybody may have chosen: it
// is cleaned, stands in a block of its own, and the answer says so.
package assistant
