package main

import (
	"fmt"
	"os"
	"strconv"
)

// listenHost is the only address the controller of a lab may listen on.
const listenHost = "127.0.0.1"

// listenPort reads a TCP port from an environment variable and ends the program without one.
func listenPort(variable string) int {
	port, err := strconv.Atoi(os.Getenv(variable))
	if err != nil || port < 1 || port > 65535 {
		fmt.Fprintf(os.Stderr, "%s is %q, which is no TCP port\n", variable, os.Getenv(variable))
		os.Exit(1)
	}
	return port
}

// listenAddress returns host and port to listen on.
func listenAddress(variable string) string {
	return fmt.Sprintf("%s:%d", listenHost, listenPort(variable))
}
