"""Numbers of the BPF helpers and flags that code generation uses (include/uapi/linux/bpf.h, `enum bpf_func_id`)."""

MAP_LOOKUP = 1
MAP_UPDATE = 2
MAP_DELETE = 3
KTIME_GET_NS = 5
GET_PRANDOM_U32 = 7
GET_SMP_PROCESSOR_ID = 8
GET_CURRENT_PID_TGID = 14
GET_CURRENT_UID_GID = 15
GET_CURRENT_COMM = 16
GET_CURRENT_TASK = 35
GET_NUMA_NODE_ID = 42
GET_STACK = 67
GET_CURRENT_CGROUP_ID = 80
PROBE_READ_USER = 112
PROBE_READ_KERNEL = 113
PROBE_READ_USER_STR = 114
PROBE_READ_KERNEL_STR = 115
GET_CURRENT_TASK_BTF = 158
RINGBUF_RESERVE = 131
RINGBUF_SUBMIT = 132
FOR_EACH_MAP_ELEM = 164
GET_FUNC_IP = 173
GET_ATTACH_COOKIE = 174
GET_FUNC_ARG = 183
GET_FUNC_RET = 184
MAP_LOOKUP_PERCPU_ELEM = 195

BPF_ANY = 0
BPF_NOEXIST = 1
RB_NO_WAKEUP = 1
RB_FORCE_WAKEUP = 2
STACK_BYTES = 512
"""The BPF stack of a program, and the longest key of a map (MAX_BPF_STACK)."""

MAP_TYPES = {"hash": 1, "array": 2, "percpu_hash": 5, "percpu_array": 6, "lru_hash": 9,
             "lru_percpu_hash": 10, "ringbuf": 27}  # fmt: skip
"""`enum bpf_map_type`."""
F_USER_STACK = 1 << 8
