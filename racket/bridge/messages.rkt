#lang racket/base
;; Messages of the protocol, version 1: build them, check them, and their limits.
;;
;; Twin of python/architecto/conversation/messages.py: same names, same order, same bytes. The
;; specification is protocol/README.md. A message is two frames: a JSON header and a UTF-8 body of
;; lines.
;;
;; A Header is a hasheq from symbols to JSON values, as the json library reads them.

(provide version header-limit body-limit lines-limit indices-limit facts-limit items-limit
         integer-limit seconds-limit fields requests statuses outcomes codes
         (struct-out exn:fail:message)
         build parse check
         choice-lines parse-choices parse-scores printable)

(require json racket/list racket/string)

(define version 1)
(define header-limit (* 64 1024))         ; bytes
(define body-limit (* 1024 1024))         ; bytes
(define lines-limit (* 64 1024))          ; lines in a body
(define indices-limit 4096)               ; indices in one list of a header
(define facts-limit 64)                   ; entries of `facts`
(define items-limit 256)                  ; items of a list in `facts`
(define integer-limit (sub1 (expt 2 53))) ; the largest integer every JSON reader keeps exact
(define seconds-limit (* 24 60 60))       ; the longest deadline: a day

;; Every type of message: its fields in the order in which they are written, each with the kind of
;; its value (see `kind-of`). "?" marks an optional field.
(define fields
  (hash
   "hello" '((id integer) (session name) (engine string) (problem string) (task string)
             (facts facts))
   "hello_reply" '((id integer) (session name) (agent string) (scorer string) (seed integer)
                   (episode integer) (deadline_s seconds))
   "choose" '((id integer) (session name) (episode integer) (step integer)
              (candidates candidates) (closed indices))
   "choose_reply" '((id integer) (session name) (index integer) (scorer string)
                    (explored boolean))
   "answer" '((id integer) (session name) (episode integer) (step integer) (index integer)
              (facts? facts))
   "answer_reply" '((id integer) (session name) (status string) (reward? number))
   "episode_end" '((id integer) (session name) (episode integer) (outcome string))
   "episode_end_reply" '((id integer) (session name) (episode? integer))
   "scores" '((id integer) (session name) (candidates candidates))
   "scores_reply" '((id integer) (session name) (scorer string))
   "use_scorer" '((id integer) (session name) (scorer string))
   "use_scorer_reply" '((id integer) (session name) (scorer string))
   "shutdown" '((id integer) (session name) (reason? string))
   "shutdown_reply" '((id integer) (session name))
   "working" '((id integer) (session name) (deadline_s seconds))
   "reward" '((session name) (trial integer) (reward number))
   "error" '((id? integer) (session? name) (code string) (message string) (choices? indices))))

;; The types that an engine sends; every other type is sent by the agent.
(define requests '("hello" "choose" "answer" "episode_end" "scores" "use_scorer" "shutdown"))

;; The words of these fields so far. Others may come: a reader takes any string.
(define statuses '("queued" "held" "known"))
(define outcomes '("answer" "exhausted" "limit"))
(define codes
  '("bad_frames" "bad_header" "bad_body" "too_large" "wrong_version" "unknown_type"
    "unknown_session" "unknown_choices" "scorer_failed" "refused"))

;; A message that breaks the protocol: code (one of `codes`), what could be read of the header.
(struct exn:fail:message exn:fail (code header))

(define (message-error code text [header #hasheq()])
  (raise (exn:fail:message text (current-continuation-marks) code header)))

;; build : string (cons symbol value) ... -> bytes
;; The header of a message: JSON without spaces, keys in the order of `fields`; those of an object in
;; it (`facts`) are sorted.
(define (build type . pairs)
  (define known (fields-of type))
  (for ([pair (in-list pairs)] #:unless (findf (λ (f) (eq? (field-name f) (car pair))) known))
    (message-error "bad_header" (format "~a has no field ~a" type (car pair))))
  (check-fields type known (λ (name) (let ([pair (assq name pairs)]) (if pair (cdr pair) missing)))
                #hasheq())
  (define parts
    (for/fold ([parts '("}")]) ([f (in-list (reverse known))])
      (define pair (assq (field-name f) pairs))
      (if pair (cons (field-key f) (json-parts (cdr pair) parts)) parts)))
  (define encoded
    (string->bytes/utf-8
     (apply string-append "{\"v\":1,\"type\":" (json-parts type parts))))
  (when (> (bytes-length encoded) header-limit)
    (message-error "too_large" (limit-text "header" (bytes-length encoded) header-limit)))
  encoded)

;; A value as JSON as both sides write it: no spaces, UTF-8, only control characters escaped. Gives
;; its parts, strings, before those that follow it.
(define (json-parts value rest)
  (cond
    [(fixnum? value) (cons (number->string value) rest)]
    [(and (string? value) (regexp-match? #px"^[ !#-\\[\\]-~]*$" value)) ; nothing to escape
     (list* "\"" value "\"" rest)]
    [(pair? value)
     (cons "["
           (json-parts (car value)
                       (let loop ([items (cdr value)])
                         (if (null? items)
                             (cons "]" rest)
                             (cons "," (json-parts (car items) (loop (cdr items))))))))]
    [(and (hash? value) (positive? (hash-count value)))
     (cons "{"
           (let loop ([keys (sort (hash-keys value) symbol<?)])
             (list* "\"" (symbol->string (car keys)) "\":"
                    (json-parts (hash-ref value (car keys))
                                (if (null? (cdr keys))
                                    (cons "}" rest)
                                    (cons "," (loop (cdr keys))))))))]
    [(flonum? value) (cons (fraction->text value) rest)]
    [else (cons (jsexpr->string value) rest)]))

;; A flonum of at most 2^53 - 1 in size, as short as it reads back exactly: 30.0, 0.5, 1e-07.
(define (fraction->text x)
  (if (and (= x (floor x)) (not (eqv? x -0.0)))
      (string-append (number->string (inexact->exact x)) ".0")
      (regexp-replace #rx"e-(.)$" (number->string x) "e-0\\1")))

;; parse : (listof bytes) -> header bytes
;; Header and body of a received message; raises exn:fail:message if it breaks the protocol.
(define (parse frames)
  (unless (= (length frames) 2)
    (message-error "bad_frames"
                   (format "got ~a frames, expected 2: header and body" (length frames))))
  (define header-frame (first frames))
  (define body (second frames))
  (when (> (bytes-length header-frame) header-limit)
    (message-error "too_large" (limit-text "header" (bytes-length header-frame) header-limit)))
  (define header (read-header header-frame))
  (unless (hash? header)
    (message-error "bad_header" "the header is not a JSON object"))
  (check header)
  (when (> (bytes-length body) body-limit)
    (message-error "too_large" (limit-text "body" (bytes-length body) body-limit) header))
  (unless (bytes-utf-8-length body)
    (message-error "bad_body" "the body is not UTF-8" header))
  (values header body))

;; The reader of the json library raises exceptions of several kinds on what is not JSON, and takes
;; control characters in strings, which JSON does not.
(define (read-header frame)
  (define in (open-input-bytes frame))
  (define header
    (with-handlers ([exn:fail? (λ (_) eof)])
      (if (bytes-utf-8-length frame) (read-json in) eof)))
  (when (or (eof-object? header)
            (not (finite? header))
            (not (regexp-match? #px"^[ \t\n\r]*$" in))
            (control-in-string? frame))
    (message-error "bad_header" "the header is not JSON"))
  header)

;; For JSON: does a string in it hold a raw control character?
(define (control-in-string? frame)
  (and (regexp-match? #rx#"[\0-\37]" frame)
       (for/or ([literal (in-list (regexp-match* #rx#"\"(?:[^\"\\]|\\\\.)*\"" frame))])
         (regexp-match? #rx#"[\0-\37]" literal))))

;; Has a JSON value no number that is too large for a flonum?
(define (finite? value)
  (cond
    [(flonum? value) (< (abs value) +inf.0)]
    [(list? value) (andmap finite? value)]
    [(hash? value) (for/and ([v (in-hash-values value)]) (finite? v))]
    [else #t]))

;; Raises exn:fail:message unless every field of the header's type is there and of its kind.
;; Unknown fields are ignored; an unknown type is refused by name.
(define (check header)
  (define v (hash-ref header 'v #f))
  (define type (hash-ref header 'type #f))
  (when (kind-of 'integer v)
    (message-error "bad_header" "field v is missing or no integer: expected 1" header))
  (unless (= v version)
    (message-error "wrong_version"
                   (format "got version ~a, expected ~a: update one side" v version) header))
  (unless (string? type)
    (message-error "bad_header" "field type is missing or no string" header))
  (check-fields type (fields-of type header) (λ (name) (hash-ref header name missing)) header))

;; The same for fields that `value-of` gives by their names; `missing` where there is none.
(define (check-fields type known value-of header)
  (for ([f (in-list known)])
    (define value (value-of (field-name f)))
    (cond
      [(eq? value missing)
       (when (field-required? f)
         (message-error "bad_header" (format "~a: field ~a is missing" type (field-name f))
                        header))]
      [(kind-of (field-kind f) value)
       => (λ (expected)
            (message-error "bad_header"
                           (format "~a: field ~a is ~a, expected ~a"
                                   type (field-name f) (shown value) expected)
                           header))])))

(define missing (string->uninterned-symbol "missing"))

;; Choices as a body: INDEX PARENT TEXT a line, parent - at the root; (parent index) is an index or
;; #f, (text index) is bytes. One buffer is filled by hand: bodies are long.
(define (choice-lines indices parent text)
  (define texts (map text indices))
  (define size
    (for/fold ([size 0]) ([index (in-list indices)] [line (in-list texts)])
      (define above (parent index))
      (+ size (digits index) (if above (digits above) 1) (bytes-length line) 3)))
  (define body (make-bytes (max 0 (sub1 size)) 10)) ; 10: newline
  (for/fold ([at 0]) ([index (in-list indices)] [line (in-list texts)])
    (define above (parent index))
    (let* ([at (put-byte! body (put-integer! body at index) 32)] ; 32: space
           [at (if above (put-integer! body at above) (put-byte! body at 45))] ; 45: hyphen
           [at (put-byte! body at 32)])
      (bytes-copy! body at line)
      (+ at (bytes-length line) 1)))
  body)

(define (digits n) (if (< n 10) 1 (add1 (digits (quotient n 10)))))

;; Each gives the place behind what it put.
(define (put-byte! body at byte)
  (bytes-set! body at byte)
  (add1 at))

(define (put-integer! body at n)
  (put-byte! body
             (if (< n 10) at (put-integer! body at (quotient n 10)))
             (+ 48 (remainder n 10)))) ; 48: the digit 0

;; The new choices of a body: (list index parent-or-#f text) a line, in their order.
(define (parse-choices body)
  (for/list ([line (in-list (lines-of body))] [number (in-naturals 1)])
    (define parts (regexp-match #px#"^([0-9]{1,16}) (-|[0-9]{1,16}) (.+)$" line))
    (define index (and parts (bytes->integer (second parts))))
    (define parent (and parts (not (equal? (third parts) #"-")) (bytes->integer (third parts))))
    (unless (and (index? index) (or (not parent) (index? parent)))
      (message-error "bad_body" (format "line ~a is not INDEX PARENT TEXT" number)))
    (list index parent (fourth parts))))

;; The body of a scores_reply: (listof (cons index flonum)).
(define (parse-scores body)
  (for/list ([line (in-list (lines-of body))] [number (in-naturals 1)])
    (define parts
      (regexp-match
       #px#"^([0-9]{1,16}) (-?[0-9]{1,40}(?:\\.[0-9]{1,40})?(?:[eE][-+]?[0-9]{1,3})?)$" line))
    (define score
      (and parts (exact->inexact (string->number (bytes->string/latin-1 (third parts)) 10))))
    (define index (and parts (bytes->integer (second parts))))
    (unless (and (index? index) (rational? score))
      (message-error "bad_body" (format "line ~a is not INDEX SCORE" number)))
    (cons index score)))

;; A text of the other side as one line for a person: what steers a terminal (control characters,
;; line separators, the direction of writing) is written as \uXXXX.
(define (printable text)
  (regexp-replace*
   #px"\\p{Cc}|[\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]" text
   (λ (character)
     (define code (number->string (char->integer (string-ref character 0)) 16))
     (string-append "\\u" (make-string (- 4 (string-length code)) #\0) code))))

;; A Field is what `fields` says of one, taken apart: name, kind and whether it is required; `key` is
;; how it begins in a header.
(struct field (name kind required? key))

(define parsed-fields
  (for/hash ([(type type-fields) (in-hash fields)])
    (values type
            (for/list ([f (in-list type-fields)])
              (define text (symbol->string (first f)))
              (define name (string-trim text "?" #:left? #f))
              (field (string->symbol name) (second f) (equal? name text)
                     (format ",\"~a\":" name))))))

;; The fields of a type; an unknown one is refused by name.
(define (fields-of type [header #hasheq()])
  (hash-ref parsed-fields type
            (λ () (message-error "unknown_type" (format "unknown message type ~a" (shown type))
                                 header))))

;; #f if the value is of the kind, else what was expected, in words.
(define (kind-of kind value)
  (define (unless-good good? expected) (and (not good?) expected))
  (case kind
    [(integer) (unless-good (index? value) "an integer from 0 to 2^53 - 1")]
    [(number) (unless-good (number-in-json? value)
                           "a number of at most 2^53 - 1")]
    [(seconds) (unless-good (and (real? value) (< 0 value) (<= value seconds-limit))
                            (format "seconds, more than 0 and at most ~a" seconds-limit))]
    [(boolean) (unless-good (boolean? value) "true or false")]
    [(string) (unless-good (short? value) "a string up to 1000 long")]
    [(name) (unless-good (and (string? value) (name? value))
                         "1 to 64 of letters, digits, dot, underscore, hyphen")]
    [(facts)
     (unless-good
      (facts? value)
      (format "an object of up to ~a strings, numbers, booleans and lists of these" facts-limit))]
    [(indices) (unless-good (indices? value)
                            (format "a list of up to ~a indices" indices-limit))]
    [(candidates) (unless-good (or (equal? value "all") (and (indices? value) (pair? value)))
                               (format "\"all\" or a list of 1 to ~a indices" indices-limit))]
    [else (error 'kind-of "no kind ~a" kind)]))

(define (short? value) (and (string? value) (<= (string-length value) 1000)))

(define (name? text) (regexp-match? #px"^[A-Za-z0-9._-]{1,64}$" text))

(define (number-in-json? value)
  (and (or (exact-integer? value) (flonum? value)) (<= (abs value) integer-limit)))

;; An object of few entries, each an atom or a list of atoms: nothing lies deeper.
(define (facts? value)
  (and (hash? value)
       (<= (hash-count value) facts-limit)
       (for/and ([(key fact) (in-hash value)])
         (and (symbol? key) (name? (symbol->string key))
              (if (list? fact)
                  (and (<= (length fact) items-limit) (andmap atom? fact))
                  (atom? fact))))))

(define (atom? value) (or (boolean? value) (number-in-json? value) (short? value)))

(define (index? value) (and (exact-integer? value) (<= 0 value integer-limit)))

(define (indices? value)
  (and (list? value) (<= (length value) indices-limit) (andmap index? value)))

(define (bytes->integer digits) (string->number (bytes->string/latin-1 digits) 10))

(define (lines-of body)
  (unless (bytes-utf-8-length body)
    (message-error "bad_body" "the body is not UTF-8"))
  (define lines (if (equal? body #"") '() (regexp-split #rx#"\n" body)))
  (when (> (length lines) lines-limit)
    (message-error "too_large"
                   (format "the body has ~a lines, the limit is ~a" (length lines) lines-limit)))
  lines)

(define (limit-text frame got limit)
  (format "the ~a has ~a bytes, the limit is ~a" frame got limit))

(define (shown value)
  (define text (format "~s" value))
  (if (<= (string-length text) 60) text (string-append (substring text 0 57) "...")))
