using System.Runtime.InteropServices;

namespace Sidecar.Infra;

/// <summary>The system's librdkafka, which the driver of Kafka calls.</summary>
internal static class ClientLibrary
{
    public static bool IsInstalled()
    {
        if (!NativeLibrary.TryLoad("librdkafka.so.1", out var library))
        {
            return false;
        }

        NativeLibrary.Free(library);
        return true;
    }
}
