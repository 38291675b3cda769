/**
 * A WebGPU adapter for tests on any machine: that of an installed driver, or, on Linux without one, SwiftShader,
 * which computes on the processor and comes with the packaged Chromium.
 */
import { dirname, join } from "node:path";
import { packagedChrome } from "lib/figures/packaged_chrome.ts";

/** Where Vulkan's loader looks for drivers. */
const DRIVERS = ["/usr/share/vulkan/icd.d", "/usr/local/share/vulkan/icd.d", "/etc/vulkan/icd.d"];

/** How many times farther from exact than a driver's usually SwiftShader's sine, exponential and logarithm are. */
const ROUGHNESS = 100;

function hasDriver(): boolean {
  const named = ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"].some((name) => Deno.env.get(name));
  return named || DRIVERS.some((folder) => {
    try {
      return [...Deno.readDirSync(folder)].length > 0;
    } catch {
      return false;
    }
  });
}

/**
 * Sees to an adapter, for this process and those that it starts, before Deno is asked for one.
 *
 * @returns How many times farther from exact its functions are than a driver's usually.
 */
export async function provideAdapter(): Promise<{ roughness: number }> {
  const isDone = Deno.env.get("VK_ICD_FILENAMES")?.endsWith("vk_swiftshader_icd.json") ?? false;
  if (!isDone && (Deno.build.os !== "linux" || hasDriver())) return { roughness: 1 };
  const folder = dirname((await packagedChrome()).path);
  // Deno opens the loader by its name, which finds the one that is open already.
  Deno.dlopen(join(folder, "libvulkan.so.1"), {});
  Deno.env.set("LD_LIBRARY_PATH", folder);
  Deno.env.set("VK_ICD_FILENAMES", join(folder, "vk_swiftshader_icd.json"));
  return { roughness: ROUGHNESS };
}
