using System.Reflection;
using System.Runtime.InteropServices;
using Confluent.Kafka;
using Sidecar.Components;

namespace Sidecar.Clients.Kafka;

/// <summary>
/// The machine's librdkafka, looked for when the first Kafka component starts: a machine without it runs every other
/// component. Must be asked for before the first client is made.
/// </summary>
internal static class KafkaLibrary
{
    // What the managed client calls it; it has no other name for it on the systems we run on.
    private const string ManagedName = "librdkafka";

    private static readonly string[] SystemNames =
        ["librdkafka.so.1", "librdkafka.so", "librdkafka.1.dylib", "/opt/homebrew/lib/librdkafka.dylib", "librdkafka.dll"];

    private static readonly Lock Gate = new();
    private static nint _handle;

    /// <summary>Throws <see cref="ComponentException"/> when the machine has none.</summary>
    public static void Require()
    {
        lock (Gate)
        {
            if (_handle == 0)
            {
                var handle = Find(SystemNames);
                NativeLibrary.SetDllImportResolver(
                    typeof(Library).Assembly, (name, _, _) => name == ManagedName ? handle : nint.Zero);
                _handle = handle;
            }
        }
    }

    internal static nint Find(IReadOnlyList<string> names)
    {
        foreach (var name in names)
        {
            if (NativeLibrary.TryLoad(name, Assembly.GetExecutingAssembly(), DllImportSearchPath.SafeDirectories, out var handle))
            {
                return handle;
            }
        }

        throw new ComponentException(
            ComponentFault.Failed,
            $"kafka: the library librdkafka is not on this machine (looked for {string.Join(", ", names)}); "
            + "install it with 'dotnet run --project sidecar -- infra up kafka' or your system's package librdkafka1");
    }
}
