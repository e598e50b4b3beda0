/** The values of `T` that name a record, as `Reader.type` returns them. Imported as `RecordType`. */

export const trade = 0x74; // t
export const quote = 0x71; // q
export const bar = 0x62; // b
export const updatedBar = 0x75; // u
export const dailyBar = 0x64; // d
export const tradingStatus = 0x73; // s
export const luld = 0x6c; // l
export const imbalance = 0x69; // i
export const tradeCorrection = 0x63; // c
export const tradeCancel = 0x78; // x
