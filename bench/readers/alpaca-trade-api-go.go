// Counts what the official Go client's StocksClient passes to a handler. ../reader.ts describes the lines.
//
// Usage: alpaca-trade-api-go URL, the URL without the feed.
package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/alpacahq/alpaca-trade-api-go/v3/marketdata"
	"github.com/alpacahq/alpaca-trade-api-go/v3/marketdata/stream"
)

// problems is the client's log without what it reports of a connection that works.
type problems struct{}

func (problems) Infof(string, ...any)                {}
func (problems) Warnf(format string, values ...any)  { fmt.Fprintf(os.Stderr, format+"\n", values...) }
func (problems) Errorf(format string, values ...any) { fmt.Fprintf(os.Stderr, format+"\n", values...) }

func main() {
	var messages atomic.Int64
	client := stream.NewStocksClient(
		marketdata.SIP,
		stream.WithBaseURL(os.Args[1]),
		stream.WithCredentials("key", "secret"),
		stream.WithLogger(problems{}),
		stream.WithQuotes(func(stream.Quote) { messages.Add(1) }, "*"),
		stream.WithTrades(func(stream.Trade) { messages.Add(1) }, "*"),
	)
	if err := client.Connect(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	start := time.Now()
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		fmt.Printf(`{"messages":%d,"cpuS":%f,"atS":%f}`+"\n", messages.Load(), cpuSeconds(), time.Since(start).Seconds())
	}
}

// cpuSeconds is the processor time of all threads of this process.
func cpuSeconds() float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano()).Seconds()
}
