/**
 * One record of every type, and a second trade, as lines of a recording, in time order. They are
 * written by hand, not by our encoder, and hold what a careless reader loses: nine digits of time, ids
 * and volumes beyond 2^32 and 2^53, an empty side, quotes, commas and letters beyond ASCII.
 */
export const RECORD_LINES: readonly string[] = [
  '{"T":"t","S":"AAPL","i":52983525029461,"x":"D","p":272.1234,"s":100,"c":["@","I"],"z":"C","t":"2025-11-14T14:30:00.000000001Z"}',
  '{"T":"q","S":"AAPL","bx":"Q","bp":272.1,"bs":300,"ax":" ","ap":0,"as":0,"c":["R"],"z":"C","t":"2025-11-14T14:30:00.1Z"}',
  '{"T":"t","S":"BRK.B","i":9007199254740993,"x":"N","p":508,"s":7,"c":[" "],"z":"A","t":"2025-11-14T14:30:01.123456789Z"}',
  '{"T":"l","S":"AAPL","u":285.7,"d":258.5,"i":"B","t":"2025-11-14T14:30:02.5Z","z":"C"}',
  '{"T":"s","S":"MSFT","sc":"H","sm":"Trading Halt – naïve ✓ 停止 🛑","rc":"T12","rm":"Trading Halted; For \\"information\\" requested, by the exchange","t":"2025-11-14T14:30:03.999999999Z","z":"C"}',
  '{"T":"i","S":"MSFT","p":510.25,"z":"C","t":"2025-11-14T14:30:04Z"}',
  '{"T":"c","S":"AAPL","x":"D","oi":52983525029461,"op":272.1234,"os":100,"oc":["@","I"],"ci":18446744073709551615,"cp":272.12,"cs":90,"cc":["@"],"z":"C","t":"2025-11-14T14:30:05Z"}',
  '{"T":"x","S":"AAPL","i":52983525029462,"x":"D","p":272.12,"s":90,"a":"C","z":"C","t":"2025-11-14T14:30:06Z"}',
  '{"T":"b","S":"AAPL","o":272.1,"h":272.5,"l":272,"c":272.3,"v":4294967296,"n":99,"vw":272.2345678901,"t":"2025-11-14T14:30:00Z"}',
  '{"T":"u","S":"AAPL","o":272.1,"h":272.6,"l":272,"c":272.3,"v":12445,"n":100,"vw":272.23,"t":"2025-11-14T14:30:00Z"}',
  '{"T":"d","S":"AAPL","o":270,"h":273,"l":269.5,"c":272.3,"v":1234567,"n":9900,"vw":271.9,"t":"2025-11-14T05:00:00Z"}',
];

/** The lines as the content of a file. */
export const RECORD_FILE: string = RECORD_LINES.map((line) => `${line}\n`).join("");
