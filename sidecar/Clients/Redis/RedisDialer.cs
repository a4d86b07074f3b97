using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Sidecar.Clients.Redis;

/// <summary>The server refused the connection for a reason that trying again does not cure.</summary>
internal sealed class RedisRefusedException(string message) : Exception(message);

/// <summary>Opens connections that are ready to use: TCP, TLS, AUTH and SELECT within the dial timeout.</summary>
internal static class RedisDialer
{
    /// <summary>Throws <see cref="RedisConnectionException"/> or <see cref="RedisRefusedException"/>.</summary>
    public static async Task<RedisConnection> OpenAsync(
        RedisOptions options, TimeProvider clock, CancellationToken cancellationToken, Action<RespValue>? push = null)
    {
        using var limit = new CancellationTokenSource(options.DialTimeout, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        RedisConnection? connection = null;
        try
        {
            connection = new RedisConnection(await ConnectAsync(options, both.Token), options.ReadTimeout, clock, push);
            await GreetAsync(connection, options).WaitAsync(both.Token);
            return connection;
        }
        catch (Exception exception)
        {
            if (connection is not null)
            {
                await connection.DisposeAsync();
            }

            if (exception is OperationCanceledException && limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                throw new RedisConnectionException($"no connection within the dial timeout of {options.DialTimeout.TotalSeconds:0.#} s", exception);
            }

            if (exception is SocketException or IOException or AuthenticationException)
            {
                throw new RedisConnectionException(exception.Message, exception);
            }

            throw;
        }
    }

    private static async Task<Stream> ConnectAsync(RedisOptions options, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            await socket.ConnectAsync(options.Host, options.Port, cancellationToken);
            var plain = new NetworkStream(socket, ownsSocket: true);
            return options.Tls ? await EncryptAsync(plain, options, cancellationToken) : plain;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async Task<Stream> EncryptAsync(NetworkStream plain, RedisOptions options, CancellationToken cancellationToken)
    {
        var encrypted = new SslStream(plain);
        var settings = new SslClientAuthenticationOptions { TargetHost = options.Host };
        if (options.SkipTlsVerify)
        {
#pragma warning disable CA5359 // Asked for by name (insecureSkipTLSVerify), as in daprd.
            settings.RemoteCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
        }

        if (options.ClientCertificate is var (certificate, key))
        {
            settings.ClientCertificates = [X509Certificate2.CreateFromPem(certificate, key)];
        }

        await encrypted.AuthenticateAsClientAsync(settings, cancellationToken);
        return encrypted;
    }

    private static async Task GreetAsync(RedisConnection connection, RedisOptions options)
    {
        if (options.Password is { } password)
        {
            var auth = options.Username is { } user ? RedisCommand.Of("AUTH", user, password) : RedisCommand.Of("AUTH", password);
            Check(await connection.SendAsync(auth), "spec.metadata.redisUsername or redisPassword is wrong");
        }

        if (options.Database != 0)
        {
            Check(await connection.SendAsync(RedisCommand.Of("SELECT", options.Database)), $"spec.metadata.redisDB {options.Database} cannot be used");
        }

        // Shows a server that wants a password, and one that is full.
        Check(await connection.SendAsync(RedisCommand.Of("PING")), "spec.metadata.redisPassword is missing or the server takes no more clients");
    }

    private static void Check(RespValue reply, string meaning)
    {
        if (reply.IsErrorOf("LOADING") || reply.IsErrorOf("MASTERDOWN"))
        {
            throw new RedisConnectionException(reply.Text);
        }

        if (reply.IsError)
        {
            throw new RedisRefusedException($"{meaning}: {reply.Text}");
        }
    }
}
