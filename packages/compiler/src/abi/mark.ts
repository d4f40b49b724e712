// How the slow path's packets are told from others on a port's egress hook: the packet's mark is the instance's key, and its
// priority says what to do. The program takes both away before anyone else sees them.

/** Priority of a packet that only resumes: on behind the function. Else it is the number of its trips. */
export const RESUME = 0xff;
