using System.Runtime.Serialization;
using System.Text;
using System.Xml;

namespace Dapr.Actors.Communication;

/// <summary>
/// How a host tells a strongly typed caller that the method threw: status 200, <c>X-DaprErrorResponseHeader</c> with a summary, and
/// type and message of the exception as binary XML, whatever arguments and results are written in.
/// </summary>
internal static class RemotingFailure
{
    public const string Name = "X-DaprErrorResponseHeader";

    internal const string Namespace = "urn:actors";

    private const string Mark = "HasRemoteException";
    private const string Summary = "RemoteMethodException";

    private static readonly DataContractSerializer HeaderSerializer = new(typeof(IResponseHeader), [typeof(ResponseHeader)]);
    private static readonly DataContractSerializer BodySerializer = new(typeof(FailureBody));

    public static (string Header, byte[] Body) Write(Exception failure, string method)
    {
        var header = new ResponseHeader();
        header.Headers[Mark] = [];
        header.Headers[Summary] = Encoding.UTF8.GetBytes($"Exception: {failure.GetType().Name}, Method Name: {method}");
        using var body = new MemoryStream();
        using (var writer = XmlDictionaryWriter.CreateBinaryWriter(body))
        {
            BodySerializer.WriteObject(writer, new FailureBody { Type = failure.GetType().FullName, Message = failure.Message });
        }

        return (RemotingHeader.Write(HeaderSerializer, header), body.ToArray());
    }

    /// <summary>What the caller throws.</summary>
    public static ActorMethodInvocationException Read(string actorType, ActorId actorId, string method, byte[] body)
    {
        var subject = $"The method {method} of the actor {actorType} {actorId}";
        try
        {
            using var reader = XmlDictionaryReader.CreateBinaryReader(body, XmlDictionaryReaderQuotas.Max);
            var thrown = (FailureBody)BodySerializer.ReadObject(reader)!;
            var inner = new ActorInvokeException(thrown.Type ?? "", thrown.Message ?? "");
            return new ActorMethodInvocationException($"{subject} threw {inner.ActualExceptionType}: {inner.Message}", inner, isTransient: false);
        }
        catch (Exception e) when (e is SerializationException or XmlException)
        {
            return new ActorMethodInvocationException($"{subject} threw something that cannot be read. {e.Message}", e, isTransient: false);
        }
    }

    private interface IResponseHeader;

    [DataContract(Name = "ActorResponseMessageHeaders", Namespace = Namespace)]
    private sealed class ResponseHeader : IResponseHeader
    {
        [DataMember(IsRequired = true)]
        public Dictionary<string, byte[]> Headers { get; set; } = [];
    }

    [DataContract(Name = "ActorInvokeExceptionData", Namespace = Namespace)]
    private sealed class FailureBody
    {
        [DataMember]
        public string? Type { get; set; }

        [DataMember]
        public string? Message { get; set; }
    }
}
