/**
 * The functions of TensorFlow's C API that the engine calls, each with what it is for. Signatures
 * must match c_api.h and eager/c_api.h exactly: a wrong one ends the process.
 *
 * Pointers travel as `u64` (a bigint): making a Deno pointer object takes ten times as long.
 */

const P = "u64", BYTES = "buffer", NONE = "void", INT = "i32", BOOL = "u8";

/** TF_Output, passed by value: an operation of a graph and the index of its output. */
const OUTPUT = { struct: [P, INT] } as const;

/** What of the C library is called. */
// deno-fmt-ignore
export const C_SYMBOLS = {
  copyIn: { name: "memcpy", parameters: [P, BYTES, P], result: NONE },  // typed array → tensor
  copyOut: { name: "memcpy", parameters: [BYTES, P, P], result: NONE }, // tensor → typed array
  dlopen: { parameters: [P, INT], result: P, optional: true },    // a second reference, so that exit does not unload TensorFlow; CUDA's libraries
  dlerror: { parameters: [], result: P, optional: true },         // why that failed
  malloc_trim: { parameters: [P], result: INT, optional: true },  // freed memory back to the system; glibc has it
  madvise: { parameters: [P, P, INT], result: INT, optional: true }, // pages of a file back to the system
} as const;

/** Name and signature of every function of TensorFlow, grouped by what it serves. */
// deno-fmt-ignore
export const TENSORFLOW_SYMBOLS = {
  // Status: where every other function reports.
  isCudaBuild: { name: "_ZN10tensorflow19IsGoogleCudaEnabledEv", parameters: [], result: "bool", optional: true }, // C++, by its mangled name
  isOneDnnUsed: { name: "_ZN10tensorflow12IsMKLEnabledEv", parameters: [], result: "bool", optional: true }, // C++ too: whether convolutions are oneDNN's here
  allowTensorFloat32: { name: "_ZN3tsl32enable_tensor_float_32_executionEb", parameters: ["bool"], result: NONE, optional: true }, // C++ too: tsl::enable_tensor_float_32_execution
  requireDeterminism: { name: "_ZN3tsl19EnableOpDeterminismEb", parameters: ["bool"], result: NONE, optional: true }, // … tsl::EnableOpDeterminism
  isDeterminismRequired: { name: "_ZN3tsl21OpDeterminismRequiredEv", parameters: [], result: "bool", optional: true }, // … tsl::OpDeterminismRequired
  TF_Version: { parameters: [], result: P },                      // "2.21.0"
  TF_NewStatus: { parameters: [], result: P },
  TF_DeleteStatus: { parameters: [P], result: NONE },
  TF_GetCode: { parameters: [P], result: INT },                   // 0 is success
  TF_Message: { parameters: [P], result: P },
  TF_SetStatus: { parameters: [P, INT, P], result: NONE },

  // Tensors in host memory: the way in and out.
  TF_AllocateTensor: { parameters: [INT, P, INT, P], result: P },
  TF_DeleteTensor: { parameters: [P], result: NONE },
  TF_TensorData: { parameters: [P], result: P },
  TF_TensorByteSize: { parameters: [P], result: P },
  TF_StringInit: { parameters: [P], result: NONE },               // string tensors hold 24-byte TF_TString
  TF_StringCopy: { parameters: [P, BYTES, P], result: NONE },
  TF_StringGetDataPointer: { parameters: [P], result: P },
  TF_StringGetSize: { parameters: [P], result: P },
  TF_StringDealloc: { parameters: [P], result: NONE },

  // The eager context: devices, threads, the functions that were captured.
  TFE_NewContextOptions: { parameters: [], result: P },
  TFE_ContextOptionsSetConfig: { parameters: [P, BYTES, P, P], result: NONE }, // a serialised ConfigProto
  TFE_DeleteContextOptions: { parameters: [P], result: NONE },
  TFE_NewContext: { parameters: [P, P], result: P },
  TFE_EnableCollectiveOps: { parameters: [P, BYTES, P, P], result: NONE }, // a serialised ServerDef: this process and its group
  TFE_AbortCollectiveOps: { parameters: [P, P], result: NONE },   // ends whatever waits for other processes, with a status of ours
  TFE_ContextListDevices: { parameters: [P, P], result: P },
  TF_DeviceListCount: { parameters: [P], result: INT },
  TF_DeviceListName: { parameters: [P, INT, P], result: P },
  TF_DeviceListType: { parameters: [P, INT, P], result: P },
  TF_DeleteDeviceList: { parameters: [P], result: NONE },
  TFE_ContextAddFunction: { parameters: [P, P, P], result: NONE },
  TFE_ContextRemoveFunction: { parameters: [P, P, P], result: NONE },

  // Handles: tensors as operations see them, on whichever device.
  TFE_NewTensorHandle: { parameters: [P, P], result: P },
  TFE_DeleteTensorHandle: { parameters: [P], result: NONE },
  TFE_TensorHandleDataType: { parameters: [P], result: INT },
  TFE_TensorHandleNumDims: { parameters: [P, P], result: INT },
  TFE_TensorHandleDim: { parameters: [P, INT, P], result: "u32" }, // int64_t; its low half is enough for a dimension
  TFE_TensorHandleCopyToDevice: { parameters: [P, P, P, P], result: P },
  TFE_TensorHandleCopySharingTensor: { parameters: [P, P], result: P }, // the same value, kept alive by a second handle
  TFE_TensorHandleResolve: { parameters: [P, P], result: P },      // the value in host memory
  resolveAside: { name: "TFE_TensorHandleResolve", parameters: [P, P], result: P, nonblocking: true }, // … awaited on another thread

  // Running one operation now.
  TFE_NewOp: { parameters: [P, P, P], result: P },
  TFE_DeleteOp: { parameters: [P], result: NONE },
  TFE_OpAddInput: { parameters: [P, P, P], result: NONE },
  TFE_Execute: { parameters: [P, P, P, P], result: NONE },
  executeAside: { name: "TFE_Execute", parameters: [P, P, P, P], result: NONE, nonblocking: true }, // … awaited on another thread
  TFE_OpSetAttrString: { parameters: [P, P, BYTES, P], result: NONE },
  TFE_OpSetAttrStringList: { parameters: [P, P, BYTES, BYTES, INT], result: NONE },
  TFE_OpSetAttrInt: { parameters: [P, P, "i64"], result: NONE },
  TFE_OpSetAttrIntList: { parameters: [P, P, BYTES, INT], result: NONE },
  TFE_OpSetAttrFloat: { parameters: [P, P, "f32"], result: NONE },
  TFE_OpSetAttrFloatList: { parameters: [P, P, BYTES, INT], result: NONE },
  TFE_OpSetAttrBool: { parameters: [P, P, BOOL], result: NONE },
  TFE_OpSetAttrBoolList: { parameters: [P, P, BYTES, INT], result: NONE },
  TFE_OpSetAttrType: { parameters: [P, P, INT], result: NONE },
  TFE_OpSetAttrTypeList: { parameters: [P, P, BYTES, INT], result: NONE },
  TFE_OpSetAttrShape: { parameters: [P, P, BYTES, INT, P], result: NONE },

  // Recording operations in a graph, and making the graph a function.
  TF_NewGraph: { parameters: [], result: P },
  TF_DeleteGraph: { parameters: [P], result: NONE },
  TF_NewOperation: { parameters: [P, P, BYTES], result: P },
  TF_FinishOperation: { parameters: [P, P], result: P },
  TF_AddInput: { parameters: [P, OUTPUT], result: NONE },
  TF_AddInputList: { parameters: [P, BYTES, INT], result: NONE },
  TF_AddControlInput: { parameters: [P, P], result: NONE },        // "not before that operation"
  TF_SetAttrString: { parameters: [P, P, BYTES, P], result: NONE },
  TF_SetAttrStringList: { parameters: [P, P, BYTES, BYTES, INT], result: NONE },
  TF_SetAttrInt: { parameters: [P, P, "i64"], result: NONE },
  TF_SetAttrIntList: { parameters: [P, P, BYTES, INT], result: NONE },
  TF_SetAttrFloat: { parameters: [P, P, "f32"], result: NONE },
  TF_SetAttrFloatList: { parameters: [P, P, BYTES, INT], result: NONE },
  TF_SetAttrBool: { parameters: [P, P, BOOL], result: NONE },
  TF_SetAttrBoolList: { parameters: [P, P, BYTES, INT], result: NONE },
  TF_SetAttrType: { parameters: [P, P, INT], result: NONE },
  TF_SetAttrTypeList: { parameters: [P, P, BYTES, INT], result: NONE },
  TF_SetAttrShape: { parameters: [P, P, BYTES, INT], result: NONE },
  TF_SetAttrTensor: { parameters: [P, P, P, P], result: NONE },    // the value of a constant
  TF_OperationOutputType: { parameters: [OUTPUT], result: INT },
  TF_GraphGetTensorNumDims: { parameters: [P, OUTPUT, P], result: INT },
  TF_GraphGetTensorShape: { parameters: [P, OUTPUT, BYTES, INT, P], result: NONE },
  TF_GraphSetTensorShape: { parameters: [P, OUTPUT, BYTES, INT, P], result: NONE }, // a variable's shape, which a resource hides
  TF_GraphToFunctionWithControlOutputs: {                          // control outputs: writes that no result depends on
    parameters: [P, P, BOOL, INT, P, INT, BYTES, INT, BYTES, P, INT, BYTES, P, P, P, P], result: P,
  },
  TF_DeleteFunction: { parameters: [P], result: NONE },
} as const;

/** The functions of both opened libraries. */
export type Symbols =
  & Deno.DynamicLibrary<typeof C_SYMBOLS>["symbols"]
  & Deno.DynamicLibrary<typeof TENSORFLOW_SYMBOLS>["symbols"];
