// Runs the official Go client's marketdata.Client, unmodified, with commands from standard input.
//
// Usage: history URL KEY SECRET. The commands and the lines that it prints are described in
// ../../README.md.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/alpacahq/alpaca-trade-api-go/v3/alpaca"
	"github.com/alpacahq/alpaca-trade-api-go/v3/marketdata"
)

type object = map[string]any

type command struct {
	Ask        string
	Symbols    []string
	Single     bool
	Start, End time.Time
	Limit      int
	Descending bool
	Timeframe  []any
}

func nanos(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000000000Z07:00") }

func trade(v marketdata.Trade) object {
	fields := object{
		"i": strconv.FormatInt(v.ID, 10), "x": v.Exchange, "p": v.Price, "s": v.Size, "c": v.Conditions,
		"t": nanos(v.Timestamp), "z": v.Tape,
	}
	if v.Update != "" {
		fields["u"] = v.Update
	}
	return fields
}

func quote(v marketdata.Quote) object {
	return object{
		"bx": v.BidExchange, "bp": v.BidPrice, "bs": v.BidSize, "ax": v.AskExchange, "ap": v.AskPrice,
		"as": v.AskSize, "c": v.Conditions, "t": nanos(v.Timestamp), "z": v.Tape,
	}
}

func bar(v marketdata.Bar) object {
	return object{
		"o": v.Open, "h": v.High, "l": v.Low, "c": v.Close, "v": v.Volume, "n": v.TradeCount, "vw": v.VWAP,
		"t": nanos(v.Timestamp),
	}
}

func snapshot(v *marketdata.Snapshot) object {
	fields := object{}
	if v.LatestTrade != nil {
		fields["latestTrade"] = trade(*v.LatestTrade)
	}
	if v.LatestQuote != nil {
		fields["latestQuote"] = quote(*v.LatestQuote)
	}
	for name, value := range map[string]*marketdata.Bar{
		"minuteBar": v.MinuteBar, "dailyBar": v.DailyBar, "prevDailyBar": v.PrevDailyBar,
	} {
		if value != nil {
			fields[name] = bar(*value)
		}
	}
	return fields
}

// all writes the records of a client's answer by symbol.
func all[T any](found map[string][]T, err error, write func(T) object) (any, error) {
	result := object{}
	for symbol, values := range found {
		records := []object{}
		for _, value := range values {
			records = append(records, write(value))
		}
		result[symbol] = records
	}
	return result, err
}

// each writes the one record that a client's answer has for each symbol.
func each[T any](found map[string]T, err error, write func(T) object) (any, error) {
	result := object{}
	for symbol, value := range found {
		result[symbol] = write(value)
	}
	return result, err
}

// single makes an answer for one symbol one for many.
func single[T any](symbol string, found T, err error) (map[string]T, error) {
	return map[string]T{symbol: found}, err
}

func value[T any](found *T, err error) (T, error) {
	if found == nil {
		return *new(T), err
	}
	return *found, err
}

func answer(client *marketdata.Client, c command) (any, error) {
	sort := marketdata.SortAsc
	if c.Descending {
		sort = marketdata.SortDesc
	}
	symbol := c.Symbols[0]
	switch c.Ask {
	case "trades":
		request := marketdata.GetTradesRequest{Start: c.Start, End: c.End, TotalLimit: c.Limit, Sort: sort}
		if c.Single {
			found, err := client.GetTrades(symbol, request)
			return all(map[string][]marketdata.Trade{symbol: found}, err, trade)
		}
		found, err := client.GetMultiTrades(c.Symbols, request)
		return all(found, err, trade)
	case "quotes":
		request := marketdata.GetQuotesRequest{Start: c.Start, End: c.End, TotalLimit: c.Limit, Sort: sort}
		if c.Single {
			found, err := client.GetQuotes(symbol, request)
			return all(map[string][]marketdata.Quote{symbol: found}, err, quote)
		}
		found, err := client.GetMultiQuotes(c.Symbols, request)
		return all(found, err, quote)
	case "bars":
		frame := marketdata.NewTimeFrame(int(c.Timeframe[0].(float64)), marketdata.TimeFrameUnit(c.Timeframe[1].(string)))
		request := marketdata.GetBarsRequest{TimeFrame: frame, Start: c.Start, End: c.End, TotalLimit: c.Limit, Sort: sort}
		if c.Single {
			found, err := client.GetBars(symbol, request)
			return all(map[string][]marketdata.Bar{symbol: found}, err, bar)
		}
		found, err := client.GetMultiBars(c.Symbols, request)
		return all(found, err, bar)
	case "auctions":
		request := marketdata.GetAuctionsRequest{Start: c.Start, End: c.End}
		if c.Single {
			found, err := client.GetAuctions(symbol, request)
			return object{"count": len(found)}, err
		}
		found, err := client.GetMultiAuctions(c.Symbols, request)
		return object{"count": len(found)}, err
	case "latest trades":
		if c.Single {
			found, err := value(client.GetLatestTrade(symbol, marketdata.GetLatestTradeRequest{}))
			bySymbol, err := single(symbol, found, err)
			return each(bySymbol, err, trade)
		}
		found, err := client.GetLatestTrades(c.Symbols, marketdata.GetLatestTradeRequest{})
		return each(found, err, trade)
	case "latest quotes":
		if c.Single {
			found, err := value(client.GetLatestQuote(symbol, marketdata.GetLatestQuoteRequest{}))
			bySymbol, err := single(symbol, found, err)
			return each(bySymbol, err, quote)
		}
		found, err := client.GetLatestQuotes(c.Symbols, marketdata.GetLatestQuoteRequest{})
		return each(found, err, quote)
	case "latest bars":
		if c.Single {
			found, err := value(client.GetLatestBar(symbol, marketdata.GetLatestBarRequest{}))
			bySymbol, err := single(symbol, found, err)
			return each(bySymbol, err, bar)
		}
		found, err := client.GetLatestBars(c.Symbols, marketdata.GetLatestBarRequest{})
		return each(found, err, bar)
	case "snapshots":
		if c.Single {
			found, err := client.GetSnapshot(symbol, marketdata.GetSnapshotRequest{})
			bySymbol, err := single(symbol, found, err)
			return each(bySymbol, err, snapshot)
		}
		found, err := client.GetSnapshots(c.Symbols, marketdata.GetSnapshotRequest{})
		return each(found, err, snapshot)
	}
	return nil, fmt.Errorf("no request %s", c.Ask)
}

func main() {
	client := marketdata.NewClient(marketdata.ClientOpts{
		BaseURL: os.Args[1], APIKey: os.Args[2], APISecret: os.Args[3],
	})
	out := json.NewEncoder(os.Stdout)
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var c command
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			panic(err)
		}
		found, err := answer(client, c)
		line := object{"value": found}
		if err != nil {
			line = object{"text": err.Error()}
			var failed *alpaca.APIError
			if errors.As(err, &failed) {
				line["status"] = failed.StatusCode
			}
		}
		if err := out.Encode(line); err != nil {
			panic(err)
		}
	}
}
