using System.Net.Http.Headers;
using System.Reflection;
using System.Text.Json;

namespace Dapr.Client;

/// <summary>
/// A client of the sidecar's building blocks. There is one part of this class per building block; a failed call is a
/// <see cref="DaprException"/> whose inner exception is the cause, a cancelled one an <see cref="OperationCanceledException"/>.
/// </summary>
public abstract partial class DaprClient : IDisposable
{
    private bool _disposed;

    /// <summary>For derived clients.</summary>
    protected DaprClient()
    {
    }

    /// <summary>How values are written as JSON.</summary>
    public abstract JsonSerializerOptions JsonSerializerOptions { get; }

    /// <inheritdoc />
    public void Dispose()
    {
        if (!_disposed)
        {
            Dispose(disposing: true);
            _disposed = true;
            GC.SuppressFinalize(this);
        }
    }

    /// <summary>Releases what the client holds.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }

    /// <summary>The product and version that every call carries.</summary>
    protected static ProductInfoHeaderValue UserAgent()
    {
        var version = typeof(DaprClient).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;
        return new ProductInfoHeaderValue("dapr-sdk-dotnet", $"v{version}");
    }
}
