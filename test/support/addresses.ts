/** Who talks to whom in conversations made by hand. */
export const CLIENT_ADDRESS = '10.0.1.2'
export const SERVER_ADDRESS = '10.0.2.2'
