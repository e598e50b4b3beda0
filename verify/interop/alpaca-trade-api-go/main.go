// Runs the official Go client's StocksClient, unmodified, with commands from standard input.
//
// Usage: client URL KEY SECRET, the URL without the feed. The commands and the lines that it prints
// are described in ../README.md.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/alpacahq/alpaca-trade-api-go/v3/marketdata"
	"github.com/alpacahq/alpaca-trade-api-go/v3/marketdata/stream"
)

type object = map[string]any

var printing sync.Mutex

// printEvent prints one event.
func printEvent(event string, fields object) {
	line := object{"event": event}
	for key, value := range fields {
		line[key] = value
	}
	text, err := json.Marshal(line)
	if err != nil {
		panic(err)
	}
	printing.Lock()
	defer printing.Unlock()
	fmt.Println(string(text))
}

func record(letter, symbol string, at time.Time, fields object) {
	fields["T"], fields["S"], fields["t"] = letter, symbol, nanos(at)
	printEvent("record", object{"record": fields})
}

func nanos(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000000000Z07:00") }

func id(value int64) string { return strconv.FormatInt(value, 10) }

// received adds the time at which Alpaca received a record, if the client has one.
func received(fields object, at time.Time) object {
	if !at.IsZero() {
		fields["r"] = nanos(at)
	}
	return fields
}

func trade(v stream.Trade) {
	record("t", v.Symbol, v.Timestamp, received(object{
		"i": id(v.ID), "x": v.Exchange, "p": v.Price, "s": v.Size, "c": v.Conditions, "z": v.Tape,
	}, v.Internal().ReceivedAt))
}

func quote(v stream.Quote) {
	record("q", v.Symbol, v.Timestamp, received(object{
		"bx": v.BidExchange, "bp": v.BidPrice, "bs": v.BidSize,
		"ax": v.AskExchange, "ap": v.AskPrice, "as": v.AskSize, "c": v.Conditions, "z": v.Tape,
	}, v.Internal().ReceivedAt))
}

func bar(letter string) func(stream.Bar) {
	return func(v stream.Bar) {
		record(letter, v.Symbol, v.Timestamp, object{
			"o": v.Open, "h": v.High, "l": v.Low, "c": v.Close, "v": v.Volume, "n": v.TradeCount, "vw": v.VWAP,
		})
	}
}

func status(v stream.TradingStatus) {
	record("s", v.Symbol, v.Timestamp, object{
		"sc": v.StatusCode, "sm": v.StatusMsg, "rc": v.ReasonCode, "rm": v.ReasonMsg, "z": v.Tape,
	})
}

func luld(v stream.LULD) {
	record("l", v.Symbol, v.Timestamp, object{
		"u": v.LimitUpPrice, "d": v.LimitDownPrice, "i": v.Indicator, "z": v.Tape,
	})
}

func imbalance(v stream.Imbalance) {
	record("i", v.Symbol, v.Timestamp, object{"p": v.Price, "z": v.Tape})
}

func correction(v stream.TradeCorrection) {
	record("c", v.Symbol, v.Timestamp, object{
		"x":  v.Exchange,
		"oi": id(v.OriginalID), "op": v.OriginalPrice, "os": v.OriginalSize, "oc": v.OriginalConditions,
		"ci": id(v.CorrectedID), "cp": v.CorrectedPrice, "cs": v.CorrectedSize, "cc": v.CorrectedConditions,
		"z": v.Tape,
	})
}

func cancel(v stream.TradeCancelError) {
	record("x", v.Symbol, v.Timestamp, object{
		"i": id(v.ID), "x": v.Exchange, "p": v.Price, "s": v.Size, "a": v.CancelErrorAction, "z": v.Tape,
	})
}

// reports is the client's log, where it reports all events of an established connection.
type reports struct{}

func (reports) Infof(string, ...any)                {}
func (reports) Warnf(format string, values ...any)  { report(fmt.Errorf(format, values...)) }
func (reports) Errorf(format string, values ...any) { report(fmt.Errorf(format, values...)) }

func report(err error) {
	if err != nil {
		printEvent("report", object{"text": err.Error()})
	}
}

type command struct {
	Do      string
	Channel string
	Symbols []string
}

// initial is the option that subscribes with the connection.
func initial(channel string, symbols []string) stream.StockOption {
	switch channel {
	case "trades":
		return stream.WithTrades(trade, symbols...)
	case "quotes":
		return stream.WithQuotes(quote, symbols...)
	case "bars":
		return stream.WithBars(bar("b"), symbols...)
	case "updatedBars":
		return stream.WithUpdatedBars(bar("u"), symbols...)
	case "dailyBars":
		return stream.WithDailyBars(bar("d"), symbols...)
	case "statuses":
		return stream.WithStatuses(status, symbols...)
	case "lulds":
		return stream.WithLULDs(luld, symbols...)
	case "imbalances":
		return stream.WithImbalances(imbalance, symbols...)
	}
	panic("no channel " + channel)
}

// change subscribes or unsubscribes while running; the scenarios do that with trades and quotes.
func change(client *stream.StocksClient, c command) error {
	switch c.Do + " " + c.Channel {
	case "subscribe trades":
		return client.SubscribeToTrades(trade, c.Symbols...)
	case "unsubscribe trades":
		return client.UnsubscribeFromTrades(c.Symbols...)
	case "subscribe quotes":
		return client.SubscribeToQuotes(quote, c.Symbols...)
	case "unsubscribe quotes":
		return client.UnsubscribeFromQuotes(c.Symbols...)
	}
	panic("no way to " + c.Do + " " + c.Channel)
}

func main() {
	url, key, secret := os.Args[1], os.Args[2], os.Args[3]
	options := []stream.StockOption{
		stream.WithBaseURL(url),
		stream.WithCredentials(key, secret),
		stream.WithLogger(reports{}),
		stream.WithConnectCallback(func() { printEvent("connected", nil) }),
		stream.WithDisconnectCallback(func() { printEvent("disconnected", nil) }),
		stream.WithCorrections(correction),
		stream.WithCancelErrors(cancel),
	}
	ctx, stop := context.WithCancel(context.Background())
	var client *stream.StocksClient
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var c command
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			panic(err)
		}
		switch {
		case c.Do == "connect":
			client = stream.NewStocksClient(marketdata.IEX, options...)
			if err := client.Connect(ctx); err != nil {
				report(err)
				printEvent("ended", nil)
			}
		case client == nil:
			options = append(options, initial(c.Channel, c.Symbols))
		default:
			report(change(client, c))
		}
		printEvent("done", nil)
	}
	stop()
	if client != nil {
		<-client.Terminated()
	}
}
