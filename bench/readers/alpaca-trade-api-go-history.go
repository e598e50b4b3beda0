// Reads all trades with the official Go client's marketdata.Client for each line. ../reader.ts describes the lines.
//
// Usage: alpaca-trade-api-go-history URL SYMBOLS START END, SYMBOLS being separated by commas.
package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/alpacahq/alpaca-trade-api-go/v3/marketdata"
)

func main() {
	client := marketdata.NewClient(marketdata.ClientOpts{BaseURL: os.Args[1], APIKey: "key", APISecret: "secret"})
	symbols := strings.Split(os.Args[2], ",")
	request := marketdata.GetTradesRequest{Start: timeOf(os.Args[3]), End: timeOf(os.Args[4])}
	begin := time.Now()
	messages := 0
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		found, err := client.GetMultiTrades(symbols, request)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		for _, trades := range found {
			messages += len(trades)
		}
		fmt.Printf(`{"messages":%d,"cpuS":%f,"atS":%f}`+"\n", messages, cpuSeconds(), time.Since(begin).Seconds())
	}
}

func timeOf(text string) time.Time {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return at
}

// cpuSeconds is the processor time of all threads of this process.
func cpuSeconds() float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano()).Seconds()
}
