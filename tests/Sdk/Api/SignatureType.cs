using System.Reflection;
using System.Runtime.CompilerServices;

namespace DaprShop.Tests.Api;

/// <summary>
/// Names a type as C# source would, with the question marks of nullable references. The compiler stores those as one byte per
/// reference in the type, outermost first, on the member, or as a default on the method or the type that holds it.
/// </summary>
internal sealed class SignatureType
{
    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(void)] = "void",
        [typeof(object)] = "object",
        [typeof(string)] = "string",
        [typeof(bool)] = "bool",
        [typeof(byte)] = "byte",
        [typeof(int)] = "int",
        [typeof(uint)] = "uint",
        [typeof(long)] = "long",
        [typeof(double)] = "double",
        [typeof(decimal)] = "decimal",
    };

    private readonly byte[]? _flags;
    private readonly byte _default;
    private readonly IList<string?>? _tupleNames;
    private int _nextFlag;
    private int _nextTupleName;

    // What stands on a type is about its base types, not about its own name.
    private SignatureType()
    {
    }

    private SignatureType(ICustomAttributeProvider holder, MemberInfo? scope)
    {
        var annotation = Annotation(holder, "NullableAttribute");
        _flags = annotation as byte[];
        _default = annotation is byte all ? all : DefaultOf(scope);
        _tupleNames = holder.GetCustomAttributes(typeof(TupleElementNamesAttribute), false)
            .Cast<TupleElementNamesAttribute>().SingleOrDefault()?.TransformNames;
    }

    public static string Of(ParameterInfo parameter) =>
        new SignatureType(parameter, parameter.Member).Name(parameter.ParameterType);

    public static string Of(PropertyInfo property) =>
        new SignatureType(property, property.DeclaringType).Name(property.PropertyType);

    public static string Of(FieldInfo field) =>
        new SignatureType(field, field.DeclaringType).Name(field.FieldType);

    /// <summary>The bare name, without question marks.</summary>
    public static string Of(Type type) => new SignatureType().Name(type);

    private string Name(Type type)
    {
        if (type.IsByRef)
        {
            return Name(type.GetElementType()!);
        }

        if (Nullable.GetUnderlyingType(type) is { } underlying)
        {
            return Name(underlying) + "?";
        }

        if (type.IsValueType && !type.IsGenericType && !type.IsGenericParameter)
        {
            return Keywords.GetValueOrDefault(type) ?? WithOuter(type, type.Name);
        }

        var mark = Flag() == 2 && !type.IsValueType ? "?" : "";
        if (type.IsArray)
        {
            return Name(type.GetElementType()!) + "[]" + mark;
        }

        if (type.IsGenericType)
        {
            var arguments = type.GetGenericArguments();
            return type.FullName?.StartsWith("System.ValueTuple`", StringComparison.Ordinal) == true || type.Name.StartsWith("ValueTuple`", StringComparison.Ordinal)
                ? Tuple(arguments)
                : $"{WithOuter(type, type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)])}<{string.Join(", ", arguments.Select(Name))}>{mark}";
        }

        return (Keywords.GetValueOrDefault(type) ?? WithOuter(type, type.Name)) + mark;
    }

    private string Tuple(Type[] elements)
    {
        var names = elements.Select(_ => _tupleNames?[_nextTupleName++]).ToArray();
        return $"({string.Join(", ", elements.Select((element, i) => names[i] is { } name ? $"{Name(element)} {name}" : Name(element)))})";
    }

    private byte Flag() => _flags is null ? _default : _flags[_nextFlag++];

    private static string WithOuter(Type type, string name) =>
        type.IsNested && !type.IsGenericParameter ? $"{type.DeclaringType!.Name}.{name}" : name;

    private static byte DefaultOf(MemberInfo? scope)
    {
        for (; scope is not null; scope = scope.DeclaringType)
        {
            if (Annotation(scope, "NullableContextAttribute") is byte context)
            {
                return context;
            }
        }

        return 0;
    }

    private static object? Annotation(ICustomAttributeProvider holder, string attributeName)
    {
        // The compiler embeds these attributes into each assembly, so they are found by name.
        var attribute = holder.GetCustomAttributes(false).FirstOrDefault(candidate => candidate.GetType().Name == attributeName);
        return attribute?.GetType().GetFields().Single().GetValue(attribute) is byte[] { Length: 1 } single
            ? single[0]
            : attribute?.GetType().GetFields().Single().GetValue(attribute);
    }
}
