using System.Net.Sockets;
using RabbitMQ.Client.Exceptions;
using Sidecar.Components;

namespace Sidecar.Clients.RabbitMq;

/// <summary>Says in one sentence why a connection could not be opened, and what to look at.</summary>
internal static class ConnectFailure
{
    public static ComponentException Describe(Exception failure, RabbitMqConnectionOptions options) => new(
        ComponentFault.Failed, $"rabbitmq: cannot connect to {options.Address}: {Reason([.. Causes(failure)], options)}", failure);

    private static string Reason(List<Exception> causes, RabbitMqConnectionOptions options)
    {
        if (causes.OfType<AuthenticationFailureException>().Any())
        {
            return $"the broker refused user '{options.User}': check username and password, and whether the user may log in from this host";
        }

        if (causes.OfType<OperationInterruptedException>().FirstOrDefault()?.ShutdownReason is { ReplyCode: > 0 } closed)
        {
            return $"the broker refused the connection: {closed.ReplyText}";
        }

        if (causes.OfType<SocketException>().FirstOrDefault() is { } socket)
        {
            return $"{socket.Message}: check hostname, and that the broker runs";
        }

        return causes.Any(cause => cause is TimeoutException or OperationCanceledException)
            ? "no answer in time: check hostname, port and protocol"
            : causes[^1].Message;
    }

    private static IEnumerable<Exception> Causes(Exception failure)
    {
        IEnumerable<Exception?> inner = failure is AggregateException several ? several.InnerExceptions : new[] { failure.InnerException };
        return inner.OfType<Exception>().SelectMany(Causes).Prepend(failure);
    }
}
