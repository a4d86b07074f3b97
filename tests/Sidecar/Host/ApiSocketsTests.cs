using System.Net;
using System.Net.Sockets;
using DaprShop.Tests.Wire;
using Sidecar.Actors;
using Sidecar.Actors.Placement;
using Sidecar.Host;

namespace DaprShop.Tests.Host;

/// <summary>--unix-domain-socket: the APIs as files.</summary>
public sealed class ApiSocketsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sockets-").FullName;

    private string Http => Path.Combine(_folder, "dapr-app-http.socket");

    private string Grpc => Path.Combine(_folder, "dapr-app-grpc.socket");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Sockets_OfARunningSidecar_ServeBothApisToTheOwnerAloneInPlaceOfThePorts()
    {
        await using var sidecar = await StartAsync();

        using var http = Client(Http, HttpVersion.Version11);
        Assert.Equal("204", await http.SendTextAsync("GET", "/v1.0/healthz"));
        Assert.Equal("204", await http.SendTextAsync("POST", "/v1.0/state/store", """[{"key":"k","value":1}]"""));
        using var grpc = Client(Grpc, HttpVersion.Version20);
        Assert.Equal("415", await grpc.SendTextAsync("GET", "/v1.0/healthz"));
        await Assert.ThrowsAsync<HttpRequestException>(() => sidecar.Http.SendTextAsync("GET", "/v1.0/healthz"));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, ModeOf(Http));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, ModeOf(Grpc));
    }

    [Fact]
    public async Task Sockets_AfterTheStop_AreGone()
    {
        await using (await StartAsync())
        {
            Assert.True(File.Exists(Http));
        }

        Assert.Empty(Directory.EnumerateFiles(_folder));
    }

    [Fact]
    public async Task Socket_ThatADeadSidecarLeft_IsReplaced()
    {
        using (var left = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            left.Bind(new UnixDomainSocketEndPoint(Http));
            left.Listen();
        }

        await File.WriteAllTextAsync(Grpc, "");
        await using var sidecar = await StartAsync();

        using var http = Client(Http, HttpVersion.Version11);
        Assert.Equal("204", await http.SendTextAsync("GET", "/v1.0/healthz"));
    }

    [Fact]
    public async Task Socket_ThatAnotherSidecarServes_StopsTheStartAndStaysItsOwn()
    {
        await using var sidecar = await StartAsync();

        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(StartAsync);

        Assert.StartsWith($"the socket {Http} is in use by another process", refusal.InnerException!.Message, StringComparison.Ordinal);
        using var http = Client(Http, HttpVersion.Version11);
        Assert.Equal("204", await http.SendTextAsync("GET", "/v1.0/healthz"));
    }

    [Fact]
    public async Task Actor_OfASidecarBehindASocket_IsReachedByOthers()
    {
        await using var sidecar = await StartAsync();
        using var remotes = new RemoteActors(new SidecarOptions { AppId = "other" });

        var refusal = await Assert.ThrowsAsync<ActorException>(
            () => remotes.At(RemoteActors.SocketScheme + Http).InvokeAsync(new ActorCall(new ActorAddress("none", "1"), "m", default, "", []), default));

        // The other sidecar's own answer, not that of a connection which failed.
        Assert.DoesNotContain("failed to invoke target", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_WhatCannotBeASocket_IsNamed()
    {
        Assert.Null(new ApiSockets(_folder, "app").Check());
        Assert.Equal("no such directory: /nowhere", new ApiSockets("/nowhere", "app").Check());
        Assert.StartsWith("the app id 'a/b'", new ApiSockets(_folder, "a/b").Check(), StringComparison.Ordinal);
        Assert.EndsWith("has more; take a shorter directory", new ApiSockets(_folder, new string('a', 100)).Check(), StringComparison.Ordinal);
    }

    private static UnixFileMode? ModeOf(string socket) => OperatingSystem.IsWindows() ? null : File.GetUnixFileMode(socket);

    private static HttpClient Client(string socket, Version version) => new(new Versioned(version, new SocketsHttpHandler
    {
        ConnectCallback = async (_, cancellationToken) =>
        {
            var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancellationToken);
            return new NetworkStream(connection, ownsSocket: true);
        },
    }))
    {
        BaseAddress = new Uri("http://localhost"),
    };

    private Task<RunningSidecar> StartAsync() => RunningSidecar.StartAsync(new SidecarSetup
    {
        Resources = [Yaml.Component("store", "state.in-memory")],
        Options = options => options with { UnixDomainSocket = _folder },
    });

    // A request has a version of its own.
    private sealed class Versioned(Version version, HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            (request.Version, request.VersionPolicy) = (version, HttpVersionPolicy.RequestVersionExact);
            return base.SendAsync(request, cancellationToken);
        }
    }
}
