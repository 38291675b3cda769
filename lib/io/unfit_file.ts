/** The error for a file that somebody named and that cannot be taken: its message is for people. */

/**
 * A file is damaged, or does not fit what it is to be used for; the message names it and says what to do.
 * Commands print the message alone, where other TypeErrors are faults of the code and come with a stack.
 */
export class UnfitFile extends TypeError {}
