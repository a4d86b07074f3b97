using System.Formats.Tar;
using System.IO.Compression;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using DaprShop.TestKit;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace DaprShop.Tests.Manifests.Containers;

/// <summary>
/// A registry on the loopback interface with one image, in which there is nothing: what a service's image has beside its base can be looked at without a
/// registry of the world. It is read by the distribution API (OCI distribution spec 1.1, pull) and has
/// the types of Docker (image manifest version 2, schema 2), so that an archive is one that <c>docker load</c> takes.
/// </summary>
internal sealed class BaseRegistry : IAsyncDisposable
{
    private const string ManifestType = "application/vnd.docker.distribution.manifest.v2+json";

    private readonly WebApplication _app;

    private BaseRegistry(WebApplication app) => _app = app;

    /// <summary>As <c>ContainerBaseImage</c> takes it.</summary>
    public string Image => $"localhost:{new Uri(_app.Urls.First()).Port}/base:1";

    public static async Task<BaseRegistry> StartAsync()
    {
        var (layer, diffId) = EmptyLayer();
        var config = JsonSerializer.SerializeToUtf8Bytes(new
        {
            architecture = "amd64",
            os = "linux",
            config = new { Env = new[] { "PATH=/usr/bin" } },
            rootfs = new { type = "layers", diff_ids = new[] { diffId } },
        });
        var manifest = JsonSerializer.SerializeToUtf8Bytes(new
        {
            schemaVersion = 2,
            mediaType = ManifestType,
            config = Descriptor("application/vnd.docker.container.image.v1+json", config),
            layers = new[] { Descriptor("application/vnd.docker.image.rootfs.diff.tar.gzip", layer) },
        });
        var blobs = new[] { layer, config }.ToDictionary(Digest);

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        app.MapMethods("/v2/base/manifests/{reference}", ["GET", "HEAD"], (HttpContext context) =>
        {
            context.Response.Headers["Docker-Content-Digest"] = Digest(manifest);
            return Results.Bytes(manifest, ManifestType);
        });
        app.MapGet("/v2/base/blobs/{digest}", (string digest) =>
            blobs.TryGetValue(digest, out var blob) ? Results.Bytes(blob, "application/octet-stream") : Results.NotFound());
        app.MapGet("/v2/", () => Results.Ok());
        await app.StartAsync();
        return new BaseRegistry(app);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static object Descriptor(string mediaType, byte[] content) => new { mediaType, digest = Digest(content), size = content.Length };

    private static string Digest(byte[] content) => $"sha256:{Convert.ToHexStringLower(SHA256.HashData(content))}";

    private static (byte[] Layer, string DiffId) EmptyLayer()
    {
        using var tar = new MemoryStream();
        using (var writer = new TarWriter(tar, leaveOpen: true))
        {
            writer.WriteEntry(new PaxTarEntry(TarEntryType.Directory, "tmp/"));
        }

        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(tar.ToArray());
        }

        return (packed.ToArray(), Digest(tar.ToArray()));
    }
}
