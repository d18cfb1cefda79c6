/**
 * An invitation offers one role in a workspace to one address, once, for seven days. It is void when
 * whoever sent it may no longer offer that role; one that a new one for the same address replaces is
 * gone, as is one that was used or revoked.
 */

/** For how long it can be accepted. */
export const invitationDays = 7;
