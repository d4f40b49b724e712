/** enum xdp_action, without XDP_ABORTED, which all other numbers stand for, too. */
export const XDP = { drop: 1, pass: 2, tx: 3, redirect: 4 } as const;
