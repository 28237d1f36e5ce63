/*
 * No licence.
 */
