using System.Runtime.Serialization;
using System.Text;
using System.Xml;

namespace Dapr.Actors.Communication;

/// <summary>What a strongly typed call says about itself beside its arguments.</summary>
internal sealed record RemotingCall(int InterfaceId, int MethodId, string MethodName, string ActorType, string ActorId);

/// <summary>
/// <c>X-DaprRequestHeader</c>: an XML data contract, also when the arguments are JSON. Characters outside ASCII are written as
/// references, since an HTTP header cannot carry them.
/// </summary>
internal static class RemotingHeader
{
    public const string Name = "X-DaprRequestHeader";

    private static readonly DataContractSerializer Serializer = new(typeof(IRequestHeader), [typeof(RequestHeader)]);

    private static readonly XmlWriterSettings Ascii = new() { Encoding = Encoding.ASCII, OmitXmlDeclaration = true };

    public static string Write(RemotingCall call) => Write(Serializer, new RequestHeader
    {
        MethodId = call.MethodId,
        InterfaceId = call.InterfaceId,
        ActorId = new RequestActorId { Id = call.ActorId },
        MethodName = call.MethodName,
        ActorType = call.ActorType,
    });

    /// <summary>Throws <see cref="SerializationException"/> or <see cref="XmlException"/> for what is no such header.</summary>
    public static RemotingCall Read(string text)
    {
        using var reader = XmlReader.Create(new StringReader(text));
        var header = (RequestHeader)Serializer.ReadObject(reader)!;
        return new RemotingCall(header.InterfaceId, header.MethodId, header.MethodName ?? "", header.ActorType ?? "", header.ActorId?.Id ?? "");
    }

    public static string Write(DataContractSerializer serializer, object graph)
    {
        using var buffer = new MemoryStream();
        using (var writer = XmlWriter.Create(buffer, Ascii))
        {
            serializer.WriteObject(writer, graph);
        }

        return Encoding.ASCII.GetString(buffer.ToArray());
    }

    // The contract's root is an interface, so the element is named after no type and says which one it is.
    private interface IRequestHeader;

    [DataContract(Name = "ActorHeader", Namespace = RemotingFailure.Namespace)]
    private sealed class RequestHeader : IRequestHeader
    {
        [DataMember(IsRequired = true, Order = 0)]
        public int MethodId { get; set; }

        [DataMember(IsRequired = true, Order = 1)]
        public int InterfaceId { get; set; }

        [DataMember(Order = 2, EmitDefaultValue = false)]
        public string? InvocationId { get; set; }

        [DataMember(Order = 3)]
        public RequestActorId? ActorId { get; set; }

        [DataMember(Order = 4)]
        public string? CallContext { get; set; }

        [DataMember(IsRequired = true, Order = 5)]
        public Dictionary<string, byte[]> Headers { get; set; } = [];

        [DataMember(Order = 6)]
        public string? MethodName { get; set; }

        [DataMember(Order = 7)]
        public string? ActorType { get; set; }
    }

    [DataContract(Name = "ActorId", Namespace = "http://schemas.datacontract.org/2004/07/Dapr.Actors")]
    private sealed class RequestActorId
    {
        [DataMember(Name = "ActorId", IsRequired = true)]
        public string? Id { get; set; }
    }
}
