// What glibc's malloc needs to be told so that a node's memory follows what it holds. Payloads of many
// kilobytes come and go in great number; by default malloc cuts them from one growing heap and can give that
// back only from its upper end. From 64 KiB on each of them gets pages of its own, which go back at once; at most
// half of the mappings that Linux grants a process are used for that. Other C libraries take no notice.
// The Dockerfile and the test harness say the same.

export const MALLOC_ENV = {
  MALLOC_MMAP_THRESHOLD_: "65536",
  MALLOC_TRIM_THRESHOLD_: "131072",
  MALLOC_MMAP_MAX_: "32768",
} as const;
