/** One record of every kind as JSON lines, in time order, among them nanoseconds and an id beyond 2^53. */
export const RECORD_LINES: readonly string[] = [
  '{"T":"t","S":"AAPL","i":52983525029461,"x":"D","p":272.1234,"s":100,"c":["@","I"],"z":"C","t":"2025-11-14T14:30:00.000000001Z"}',
  '{"T":"q","S":"AAPL","bx":"Q","bp":272.1,"bs":300,"ax":" ","ap":0,"as":0,"c":["R"],"z":"C","t":"2025-11-14T14:30:00.1Z"}',
  '{"T":"t","S":"BRK.B","i":9007199254740993,"x":"N","p":508,"s":7,"c":[" "],"z":"A","t":"2025-11-14T14:30:01Z"}',
  '{"T":"l","S":"AAPL","u":285.7,"d":258.5,"i":"B","t":"2025-11-14T14:30:02.5Z","z":"C"}',
  '{"T":"s","S":"MSFT","sc":"H","sm":"Trading Halt","rc":"T12","rm":"Trading Halted; For \\"information\\" requested, by the exchange","t":"2025-11-14T14:30:03Z","z":"C"}',
  '{"T":"i","S":"MSFT","p":510.25,"z":"C","t":"2025-11-14T14:30:04Z"}',
  '{"T":"c","S":"AAPL","x":"D","oi":52983525029461,"op":272.1234,"os":100,"oc":["@","I"],"ci":52983525029462,"cp":272.12,"cs":90,"cc":["@"],"z":"C","t":"2025-11-14T14:30:05Z"}',
  '{"T":"x","S":"AAPL","i":52983525029462,"x":"D","p":272.12,"s":90,"a":"C","z":"C","t":"2025-11-14T14:30:06Z"}',
  '{"T":"b","S":"AAPL","o":272.1,"h":272.5,"l":272,"c":272.3,"v":12345,"n":99,"vw":272.222222,"t":"2025-11-14T14:30:00Z"}',
  '{"T":"u","S":"AAPL","o":272.1,"h":272.6,"l":272,"c":272.3,"v":12445,"n":100,"vw":272.23,"t":"2025-11-14T14:30:00Z"}',
  '{"T":"d","S":"AAPL","o":270,"h":273,"l":269.5,"c":272.3,"v":1234567,"n":9900,"vw":271.9,"t":"2025-11-14T05:00:00Z"}',
];

/** Every channel, as an argument of `stream`. */
export const ALL_CHANNELS =
  "trades,quotes,bars,updatedBars,dailyBars,statuses,lulds,imbalances,corrections,cancelErrors";

/** The content of a recording with those records. */
export const RECORD_FILE = RECORD_LINES.map((line) => `${line}\n`).join("");
